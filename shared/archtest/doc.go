// Package archtest states the rules of the house and finds what breaks them.
//
// The rules are in rules.go, one after the other, each with what to do instead. They name places by patterns with
// captures ("modules/{m}/** never imports modules/{!m}/**"), so that a new module is under them the day it is born.
// They read the source (go/parser) and, for what the program links, the list of `go list -deps`; neither needs code
// that compiles, so a tree that is half built is judged by what is there.
//
// A rule that cannot fail is worth nothing: testdata/house breaks every one of them, and a test expects exactly those
// violations. The package is for tests; a rule of its own keeps it out of the program.
package archtest
