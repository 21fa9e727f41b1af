// A small set, with the words by which each is found: what people react with.

export const emoji = Object.entries({
  "👍": "thumbs up yes good", "👎": "thumbs down no bad", "❤️": "heart love", "🎉": "party tada celebrate", "😂": "joy laugh tears",
  "🙏": "thanks please pray", "👀": "eyes looking", "✅": "check done yes", "🚀": "rocket ship launch", "🔥": "fire hot",
  "😀": "grin happy", "😄": "smile happy", "😅": "sweat relief", "😊": "blush smile", "🙂": "slight smile",
  "😉": "wink", "😍": "heart eyes love", "🥳": "party face", "😎": "cool sunglasses", "🤔": "thinking hmm",
  "🫡": "salute", "😐": "neutral", "😴": "sleep tired", "😮": "surprised wow", "😢": "cry sad",
  "😭": "sob cry", "😡": "angry", "🤯": "mind blown", "🤗": "hug", "🤝": "handshake deal",
  "👋": "wave hello bye", "👏": "clap bravo", "🙌": "raised hands hooray", "💪": "strong muscle", "🤞": "fingers crossed luck",
  "👌": "ok fine", "✌️": "peace victory", "☝️": "point up one", "💯": "hundred perfect", "✨": "sparkles new",
  "⭐": "star", "💡": "idea bulb", "🐛": "bug", "🛠️": "tools fix", "📌": "pin",
  "📎": "paperclip file", "📝": "note write", "📈": "chart up", "⏳": "hourglass wait", "⏰": "alarm clock",
  "☕": "coffee", "🍕": "pizza", "🍰": "cake", "🌱": "plant grow", "🌈": "rainbow",
  "☀️": "sun", "🌙": "moon night", "❓": "question", "❗": "exclamation important", "⚠️": "warning",
  "❌": "cross no wrong", "➕": "plus add", "💬": "speech talk", "🔒": "lock secure",
}).map(([sign, words]) => ({ sign, words }));

/** Those whose words all begin with something of the query. */
export function find(query) {
  const asked = query.trim().toLowerCase().split(/\s+/).filter(Boolean);
  return emoji.filter(({ sign, words }) => asked.every((q) => sign === q || words.split(" ").some((word) => word.startsWith(q))));
}
