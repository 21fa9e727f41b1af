package bus

import (
	"errors"
	"net"
	"strings"
)

// RightsWanted is what a Redis user of Postern's must be allowed.
const RightsWanted = "ACL SETUSER name ~postern:* ~{postern:* &postern:* &{postern:* +@all -@dangerous +info +config|get, where postern is wire.namespace"

// cures are what to do about an error whose text bears the word. The words are
// Redis' own; the first that fits counts.
var cures = []struct{ word, do string }{
	{"WRONGPASS", "mend user name and password in redis.url, or in the variable that redis.url_env names"},
	{"NOAUTH", "put the password into redis.url as redis://:PASSWORD@host:6379/0, or name a variable that has it in redis.url_env"},
	{"NOPERM", "allow the user what the error names; all that Postern needs: " + RightsWanted},
	{"MISCONF", "Redis cannot write to its disk: make room there, and see its log"},
	{"OOM", "Redis is full: raise maxmemory, or find out why entries are not delivered: postern status"},
	{"NOREPLICAS", "Redis has too few replicas that keep up (min-replicas-to-write): bring one back"},
	{"READONLY", "this Redis is a replica: wait for the failover, or name its master in redis.url"},
	{"CLUSTERDOWN", "slots of the Cluster are not served: redis-cli --cluster check ADDRESS names them"},
	{"MOVED", "it is a Cluster: add ?addr= with the address of another node to redis.url"},
	{"DB index is out of range", "the number at the end of redis.url is the database: use one below Redis' own setting databases (16)"},
	{"SELECT is not allowed", "a Cluster has only database 0: end redis.url in /0"},
	{"unknown command 'sentinel'", "that address is a Redis and no Sentinel: name the Sentinels' port (26379) in redis.url, or leave master_name out"},
	{"all sentinels specified in configuration are unreachable", "is master_name what the Sentinels call it, and do they ask for sentinel_password?"},
}

// Cure says what to do about an error of Redis', or "" where nothing is known
// that would help.
func Cure(err error) string {
	text := err.Error()
	for _, c := range cures {
		if strings.Contains(" "+text, " "+c.word) {
			return c.do
		}
	}
	var network *net.OpError
	if errors.As(err, &network) && network.Op == "dial" {
		return "is Redis running, and is redis.url its address?"
	}
	return ""
}
