package main

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fasttrack/adapters/database/dbtest"
)

// TestMain lets the test's program be the bare handler, as the command is.
func TestMain(m *testing.M) {
	if len(os.Args) == 3 && os.Args[1] == floorCommand {
		exit(serveFloor(os.Args[2]))
	}
	os.Exit(m.Run())
}

// TestASmallLoadIsMeasuredWithoutAnError: every operation, on both databases, and what is written about it.
func TestASmallLoadIsMeasuredWithoutAnError(t *testing.T) {
	t.Setenv("TEST_DATABASE_URL", dbtest.Server(t))
	p := plan{
		databases: []string{"sqlite", "postgres"}, tasks: []int{210, 300}, clients: []int{3},
		each: 40 * time.Millisecond, out: t.TempDir(),
	}
	require.NoError(t, run(t.Context(), p))

	var r report
	text, err := os.ReadFile(filepath.Join(p.out, "report.json"))
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(text, &r))
	bare := 0
	for _, m := range r.Measurements {
		require.Zero(t, m.Errors, "%+v", m)
		require.Positive(t, m.PerSecond, "%+v", m)
		require.Positive(t, m.P50, "%+v", m)
		require.LessOrEqual(t, m.P50, m.P99, "%+v", m)
		if m.Ratio > 0 {
			bare++
		}
	}
	require.Equal(t, 0, len(r.Measurements)%(2*2), "all operations in all ways")
	require.Equal(t, 4*2*2+2, bare, "the bare handler does four reads, and creates on PostgreSQL")

	drawn, err := os.Open(filepath.Join(p.out, "report.svg"))
	require.NoError(t, err)
	defer func() { require.NoError(t, drawn.Close()) }()
	lines, read := 0, xml.NewDecoder(drawn)
	for {
		token, err := read.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
		if element, ok := token.(xml.StartElement); ok && element.Name.Local == "polyline" {
			lines++
		}
	}
	require.Equal(t, len(r.Measurements)/2, lines, "one for each operation on each panel")
}

// TestTheFootprintIsMeasured on both databases: every figure is there.
func TestTheFootprintIsMeasured(t *testing.T) {
	t.Setenv("TEST_DATABASE_URL", dbtest.Server(t))
	dir := t.TempDir()
	program, err := build(t.Context(), dir)
	require.NoError(t, err)
	p := plan{
		databases: []string{"sqlite", "postgres"}, tasks: []int{210}, clients: []int{3}, each: 40 * time.Millisecond,
		starts: 2, idle: time.Millisecond,
	}
	var out strings.Builder
	require.NoError(t, footprint(t.Context(), &out, p, program, dir))
	require.Regexp(t, `the program's file: \d\d\.\d MB`, out.String())
	for _, figure := range []string{
		`2 starts at head, until /readyz is 200: best \S+s, median \S+s, worst \S+s; processor time \S+s`, `idle for 1ms: \S+ MiB resident`,
		`3 clients at once, 9 kinds of requests, 40ms each: \S+ MiB resident at most`,
	} {
		require.Len(t, regexp.MustCompile(`(?m)^(sqlite|postgres): `+figure+"$").FindAllString(out.String(), -1), 2, out.String())
	}
}

func TestPercentilesAreThoseOfWhatWasNoted(t *testing.T) {
	t.Parallel()
	var all tally
	for i := range 100 {
		all.note(time.Duration(i+1) * time.Millisecond)
	}
	for part, want := range map[float64]float64{0.5: 50, 0.95: 95, 0.99: 99, 1: 100} {
		require.InEpsilon(t, want, all.percentile(part), growth-1)
	}
}

func TestWhatCannotBeMeasuredIsRefused(t *testing.T) {
	t.Parallel()
	for _, args := range []string{"-tasks 0", "-tasks x", "-tasks 10,5", "-clients -1", "-nothing"} {
		_, err := parse(strings.Fields(args))
		require.Error(t, err, args)
	}
}
