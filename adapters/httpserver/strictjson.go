package httpserver

import (
	"encoding/json"
	"strconv"
	"strings"
)

// maxNesting bounds how deep a body may nest. None that is understood comes near it.
const maxNesting = 100

// maxValues bounds how many members and elements a body may hold. None that is understood comes near it, and decoded they
// take up to a thousand times as much memory as their text.
const maxValues = 2000

// holdsTooMuch reports whether a body holds more than that. It is asked before anything is decoded, of text that may not be
// JSON.
func holdsTooMuch(data []byte) bool {
	values, inString := 0, false
	for i := 0; i < len(data); i++ {
		switch c := data[i]; {
		case inString && c == '\\':
			i++
		case c == '"':
			inString = !inString
		case !inString && (c == '{' || c == '[' || c == ','):
			if values++; values > maxValues {
				return true
			}
		}
	}
	return false
}

// checkStrict refuses, in text that is JSON, what JSON leaves open and programs read in different ways (RFC 7493, I-JSON):
// a member that is there twice, and half of a surrogate pair, which is no character. Of the first encoding/json takes the
// last, of the second it makes U+FFFD; what the client meant by it is anybody's guess.
func checkStrict(data []byte) error {
	var open nesting
	for i := 0; i < len(data); i++ {
		switch data[i] {
		case '{', '[':
			if len(open) == maxNesting {
				return &syntaxError{message: "the body nests too deep"}
			}
			open = append(open, level{isObject: data[i] == '{', atName: data[i] == '{'})
		case '}', ']':
			open = open[:len(open)-1]
		case ',':
			at := &open[len(open)-1]
			at.atName = at.isObject
			at.index++
		case '"':
			end := endOfString(data, i+1)
			quoted := data[i : end+1]
			i = end
			if len(open) > 0 && open[len(open)-1].atName {
				if err := open.enter(quoted); err != nil {
					return err
				}
			} else if hasHalfPair(quoted) {
				return open.refuse("holds half of a surrogate pair, which is no character")
			}
		}
	}
	return nil
}

// level is an object or an array that is being read.
type level struct {
	isObject bool
	atName   bool // the next string is the name of a member
	name     string
	seen     map[string]bool
	index    int
}

type nesting []level

// enter notes the name of a member.
func (n nesting) enter(quoted []byte) error {
	at := &n[len(n)-1]
	at.atName = false
	at.name = string(quoted[1 : len(quoted)-1])
	if strings.Contains(at.name, `\`) {
		if err := json.Unmarshal(quoted, &at.name); err != nil {
			return err
		}
	}
	if hasHalfPair(quoted) {
		return n.refuse("has half of a surrogate pair in its name, which is no character")
	}
	if at.seen[at.name] {
		return n.refuse("must be given once")
	}
	if at.seen == nil {
		at.seen = map[string]bool{}
	}
	at.seen[at.name] = true
	return nil
}

// refuse says what is wrong with the value that is being read, and where it is.
func (n nesting) refuse(message string) error {
	location := "body"
	for _, at := range n {
		if at.isObject {
			location += "." + at.name
		} else {
			location += "[" + strconv.Itoa(at.index) + "]"
		}
	}
	return &syntaxError{location: shortened(location), message: message}
}

// endOfString returns where the quote is that ends a string.
func endOfString(data []byte, i int) int {
	for ; data[i] != '"'; i++ {
		if data[i] == '\\' {
			i++
		}
	}
	return i
}

// hasHalfPair reports whether a quoted string of JSON has a \uD800…\uDBFF without a \uDC00…\uDFFF after it, or one of those
// without one before.
func hasHalfPair(quoted []byte) bool {
	for i := 0; i < len(quoted); i++ {
		if quoted[i] != '\\' {
			continue
		}
		i++
		if quoted[i] != 'u' {
			continue
		}
		switch surrogate(quoted[i+1:]) {
		case low:
			return true
		case high:
			if quoted[i+5] != '\\' || quoted[i+6] != 'u' || surrogate(quoted[i+7:]) != low {
				return true
			}
			i += 6
		}
		i += 4
	}
	return false
}

const (
	high = 'h' // the first half of a pair
	low  = 'l' // the second
)

// surrogate says which half of a pair four hexadecimal digits are, if one.
func surrogate(digits []byte) rune {
	if digits[0] != 'd' && digits[0] != 'D' {
		return 0
	}
	switch digits[1] {
	case '8', '9', 'a', 'b', 'A', 'B':
		return high
	case 'c', 'd', 'e', 'f', 'C', 'D', 'E', 'F':
		return low
	}
	return 0
}
