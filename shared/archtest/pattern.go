package archtest

import (
	"path"
	"slices"
	"strings"
)

// captures are the segments that a pattern has bound to names.
type captures map[string]string

// match compares a path with a pattern, segment by segment:
//
//	**     any number of segments, also none
//	{m}    one segment; the same one wherever {m} stands, also in a second pattern that is given the captures
//	{!m}   one segment that is not what {m} is
//	other  one segment, with * and ? as in path.Match
//
// It returns what it was given and what it bound itself.
func match(pattern, name string, bound captures) (captures, bool) {
	patternStd, pattern := cutStd(pattern)
	nameStd, name := cutStd(name)
	if patternStd != nameStd {
		return nil, false
	}
	return matchSegments(strings.Split(pattern, "/"), strings.Split(name, "/"), bound)
}

// cutStd takes off the mark of the standard library, whose packages could be taken for folders of the house.
func cutStd(s string) (std bool, rest string) {
	rest, std = strings.CutPrefix(s, "std:")
	return std, rest
}

func matchSegments(pattern, name []string, bound captures) (captures, bool) {
	if len(pattern) == 0 {
		return bound, len(name) == 0
	}
	if pattern[0] == "**" {
		for n := range len(name) + 1 {
			if result, ok := matchSegments(pattern[1:], name[n:], bound); ok {
				return result, true
			}
		}
		return nil, false
	}
	if len(name) == 0 {
		return nil, false
	}
	bound, ok := matchSegment(pattern[0], name[0], bound)
	if !ok {
		return nil, false
	}
	return matchSegments(pattern[1:], name[1:], bound)
}

func matchSegment(pattern, segment string, bound captures) (captures, bool) {
	capture, isCapture := strings.CutPrefix(pattern, "{")
	if !isCapture {
		ok, err := path.Match(pattern, segment)
		return bound, ok && err == nil
	}
	capture = strings.TrimSuffix(capture, "}")
	if capture, not := strings.CutPrefix(capture, "!"); not {
		return bound, bound[capture] != segment
	}
	if value, known := bound[capture]; known {
		return bound, value == segment
	}
	more := captures{capture: segment}
	for k, v := range bound {
		more[k] = v
	}
	return more, true
}

// matchAny reports whether one of the patterns matches.
func matchAny(patterns []string, name string, bound captures) bool {
	return slices.ContainsFunc(patterns, func(p string) bool {
		_, ok := match(p, name, bound)
		return ok
	})
}
