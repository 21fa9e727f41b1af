#!/usr/bin/env python3
"""A sample tool that needs nothing but Python: it rolls dice.

It is an MCP server on standard input and output: each line is one JSON-RPC
message. Standard output is kept for that; print anything else to sys.stderr.
"""

import json
import random
import sys

TOOLS = [
    {
        "name": "roll_dice",
        "description": "Rolls dice and adds them up.",
        "inputSchema": {
            "type": "object",
            "properties": {
                "count": {"type": "integer", "minimum": 1, "maximum": 100, "description": "how many dice"},
                "sides": {"type": "integer", "minimum": 2, "maximum": 1000, "description": "6 if not given"},
            },
            "required": ["count"],
            "additionalProperties": False,
        },
        "annotations": {"readOnlyHint": True},
    }
]


def roll_dice(count, sides=6):
    rolls = [random.randint(1, sides) for _ in range(count)]
    return {"rolls": rolls, "total": sum(rolls)}


def call(params):
    """Runs one tool. What goes wrong in it is a result, not a protocol error."""
    try:
        functions = {"roll_dice": roll_dice}
        result = functions[params["name"]](**params.get("arguments", {}))
    except Exception as error:
        return {"content": [{"type": "text", "text": f"{type(error).__name__}: {error}"}], "isError": True}
    return {"content": [{"type": "text", "text": json.dumps(result)}], "structuredContent": result}


def answer(method, params):
    """Returns the result of a request, or None for a method we do not have."""
    if method == "initialize":
        return {
            "protocolVersion": params["protocolVersion"],
            "capabilities": {"tools": {}},
            "serverInfo": {"name": "dice", "version": "1"},
        }
    if method == "ping":
        return {}
    if method == "tools/list":
        return {"tools": TOOLS}
    if method == "tools/call":
        return call(params)
    return None


def main():
    for line in sys.stdin:
        request = json.loads(line)
        if "id" not in request:
            continue  # a notification wants no answer
        result = answer(request["method"], request.get("params", {}))
        reply = {"jsonrpc": "2.0", "id": request["id"]}
        if result is None:
            reply["error"] = {"code": -32601, "message": f"no method {request['method']}"}
        else:
            reply["result"] = result
        print(json.dumps(reply), flush=True)


if __name__ == "__main__":
    main()
