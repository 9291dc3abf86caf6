package agents

import (
	"strconv"
	"strings"

	"billow/plan"
)

// cliObject is what one JSON object printed by an agent CLI says, when it is the CLI that speaks and not the
// agent.
type cliObject struct {
	// text is what the agent wrote; chunk is true when the next piece continues it.
	text  string
	chunk bool
	// object is a result that came as an object, not as text.
	object *plan.Value
	usage  Usage
	// ended is true for the object that closes the work; failed is the error it closed with, or one that
	// was reported on the way.
	ended  bool
	failed string
}

// readCLIObject recognises the result objects and events of the agent CLIs by their documented shapes:
//
//   - claude --output-format json | stream-json, cursor-agent the same:
//     {"type":"result","is_error":false,"result":"…","total_cost_usd":0.1,"usage":{…}}, {"type":"assistant",…}
//   - codex exec --json: {"type":"item.completed","item":{"type":"agent_message","text":"…"}},
//     {"type":"turn.completed","usage":{…}}, {"type":"turn.failed","error":{"message":"…"}}
//   - opencode run --format json: {"type":"text","part":{"text":"…"}}, {"type":"step_finish","part":{"cost":…}}
//   - gemini --output-format json | stream-json: {"response":"…","stats":{…}}, {"type":"message",…},
//     {"type":"result","stats":{…}}
//   - copilot --output-format json: {"type":"assistant.message","data":{"content":"…"}}
//
// ok is false for anything else, which may then be the report itself.
func readCLIObject(v *plan.Value) (e cliObject, ok bool) {
	switch text(v, "type") {
	case "result":
		e.ended = true
		e.text = text(v, "result", "response")
		if in := first(v, "structured_output", "result"); in != nil && in.Kind == plan.Map {
			e.object = in
		}
		e.usage = readUsage(first(v, "usage", "stats"))
		e.usage.USD = number(v.Get("total_cost_usd"))
		if yes(v.Get("is_error")) || text(v, "status") == "error" ||
			strings.HasPrefix(text(v, "subtype"), "error") {
			e.failed = firstOf(errorText(v), e.text, text(v, "subtype"), "no reason given")
		}
		return e, true
	case "assistant":
		for _, part := range v.Get("message").Get("content").Elements() {
			if text(part, "type") == "text" {
				e.text += text(part, "text") + "\n"
			}
		}
		return e, true
	case "message":
		if role := text(v, "role"); role != "" {
			if role == "assistant" {
				e.text, e.chunk = text(v, "content"), yes(v.Get("delta"))
			}
			return e, true
		}
	case "assistant.message":
		e.text = text(v.Get("data"), "content")
		return e, true
	case "item.completed":
		if item := v.Get("item"); strings.HasSuffix(text(item, "type"), "_message") {
			e.text = text(item, "text")
		}
		return e, true
	case "turn.completed":
		e.ended, e.usage = true, readUsage(v.Get("usage"))
		return e, true
	case "turn.failed", "error", "session.error":
		e.failed = firstOf(errorText(v), errorText(v.Get("data")), "no reason given")
		return e, true
	case "text":
		if part := v.Get("part"); part != nil {
			e.text = text(part, "text")
			return e, true
		}
	case "step_finish":
		part := v.Get("part")
		e.usage = readUsage(part.Get("tokens"))
		e.usage.USD = number(part.Get("cost"))
		return e, true
	case "user", "system", "init", "tool_use", "tool_result", "item.started", "item.updated":
		return e, true
	case "":
		response := v.Get("response")
		if v.Get("status") != nil || response == nil && v.Get("error") == nil {
			return e, false
		}
		e.ended = true
		e.text, e.usage = text(v, "response"), readUsage(v.Get("stats"))
		if !v.Get("error").IsNull() {
			e.failed = firstOf(errorText(v), "no reason given")
		}
		return e, e.text != "" || e.failed != ""
	}
	return e, false
}

// errorText is the message of an error that stands as text, as an object, or in a list.
func errorText(v *plan.Value) string {
	for _, key := range []string{"error", "errors", "message"} {
		in := v.Get(key)
		for in != nil && in.Kind == plan.List && len(in.Items) > 0 {
			in = in.Items[0]
		}
		if s := scalar(in); s != "" {
			return s
		}
		if in != nil && in.Kind == plan.Map {
			if s := firstOf(text(in, "message"), text(in.Get("data"), "message"), text(in, "name", "type")); s != "" {
				return s
			}
		}
	}
	return ""
}

// readUsage adds up what was read and written. Tokens that came from a cache are counted as read, where the
// CLI counts them apart.
func readUsage(v *plan.Value) Usage {
	if v == nil || v.Kind != plan.Map {
		return Usage{}
	}
	if models := v.Get("models"); models != nil && models.Kind == plan.Map {
		var sum Usage
		for _, m := range models.Fields {
			tokens := m.Value.Get("tokens")
			sum.InputTokens += int64(number(first(tokens, "prompt", "input")))
			sum.OutputTokens += int64(number(first(tokens, "candidates", "output")))
		}
		return sum
	}
	in := number(first(v, "input_tokens", "inputTokens", "input"))
	for _, key := range []string{"cache_read_input_tokens", "cache_creation_input_tokens", "cacheReadTokens",
		"cacheWriteTokens"} {
		in += number(v.Get(key))
	}
	cache := v.Get("cache")
	in += number(cache.Get("read")) + number(cache.Get("write"))
	return Usage{
		InputTokens:  int64(in),
		OutputTokens: int64(number(first(v, "output_tokens", "outputTokens", "output"))),
	}
}

// maxCount bounds numbers taken from agents, so that sums of them stay numbers.
const maxCount = 1e12

// number is a count or a price; 0 for anything that is none, that is negative or beyond maxCount.
func number(v *plan.Value) float64 {
	n, err := strconv.ParseFloat(scalar(v), 64)
	if err != nil || !(n >= 0 && n <= maxCount) {
		return 0
	}
	return n
}

// first is the value of the first of keys that has one.
func first(v *plan.Value, keys ...string) *plan.Value {
	for _, key := range keys {
		if in := v.Get(key); !in.IsNull() {
			return in
		}
	}
	return nil
}

// text is the text of the first of keys that is a scalar and not empty.
func text(v *plan.Value, keys ...string) string {
	for _, key := range keys {
		if s := scalar(v.Get(key)); s != "" {
			return s
		}
	}
	return ""
}

func scalar(v *plan.Value) string {
	if v == nil || v.Kind != plan.Scalar {
		return ""
	}
	return strings.TrimSpace(v.Text)
}

// yes reports whether a value says true.
func yes(v *plan.Value) bool {
	switch strings.ToLower(scalar(v)) {
	case "true", "yes", "1":
		return true
	}
	return false
}

func firstOf(texts ...string) string {
	for _, s := range texts {
		if s != "" {
			return s
		}
	}
	return ""
}
