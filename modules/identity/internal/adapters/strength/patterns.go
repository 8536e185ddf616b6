package strength

import (
	"slices"
	"strings"
)

const (
	// leastDistinct is how many different characters a password has at least.
	leastDistinct = 4
	// leastTokens is how many parts it has at least when a run of one character, or of characters that follow each other,
	// counts as two: what it is of, and how long it is.
	leastTokens = 6
	leastRun    = 3
)

const (
	repeats = "it repeats itself"
	counts  = "it follows the alphabet or counts"
	few     = "it has few different characters"
)

// pattern names what makes a password plainly guessable in any script: zxcvbn sees repetitions and sequences in ASCII
// alone. It returns nothing if there is no such thing.
func pattern(password string, weak func(part string) bool) string {
	characters := []rune(strings.ToLower(withoutMarks(password)))
	if p := period(characters); p < len(characters) && weak(string(characters[:p])) {
		return repeats
	}
	if tokens, reason := runs(characters); tokens < leastTokens && reason != "" {
		return reason
	}
	distinct := slices.Clone(characters)
	slices.Sort(distinct)
	if len(slices.Compact(distinct)) < leastDistinct {
		return few
	}
	return ""
}

// period returns the length of the shortest part that the whole consists of, at least two times, the last one perhaps cut
// off; that of the whole if there is none.
func period(characters []rune) int {
	for p := 1; p <= len(characters)/2; p++ {
		if slices.Equal(characters[p:], characters[:len(characters)-p]) {
			return p
		}
	}
	return len(characters)
}

// runs counts the parts, and says of what kind the longest run is; nothing if there is no run.
func runs(characters []rune) (tokens int, reason string) {
	longest := 0
	for i := 0; i < len(characters); {
		length, step := run(characters[i:])
		switch {
		case length < leastRun:
			tokens++
			i++
			continue
		case length > longest && step == 0:
			longest, reason = length, repeats
		case length > longest:
			longest, reason = length, counts
		}
		tokens += 2
		i += length
	}
	return tokens, reason
}

// run returns how many characters from the first on are equal, or follow each other, and which step is between them.
func run(characters []rune) (length int, step rune) {
	if len(characters) < 2 {
		return len(characters), 0
	}
	step = characters[1] - characters[0]
	if step < -1 || step > 1 {
		return 1, 0
	}
	for length = 2; length < len(characters) && characters[length]-characters[length-1] == step; {
		length++
	}
	return length, step
}
