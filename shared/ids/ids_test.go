package ids_test

import (
	"database/sql"
	"database/sql/driver"
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"fasttrack/shared/ids"
)

const canonical = "0198c7a2-3b1e-7c11-9a44-0c1b8e0f2d55"

func TestNewIDsAreVersion7(t *testing.T) {
	t.Parallel()
	id := ids.New()
	require.False(t, id.IsZero())
	require.Equal(t, byte(7), id[6]>>4, "version")
	require.Equal(t, byte(0b10), id[8]>>6, "variant of RFC 9562")
}

func TestAnIDIsAppendedAsItIsWritten(t *testing.T) {
	t.Parallel()
	for _, id := range []ids.ID{ids.Nil, ids.New(), ids.MustParse(canonical)} {
		require.Equal(t, "id "+id.String(), string(id.Append([]byte("id "))))
	}
}

func TestNewIDsOfOneProcessSortByTheOrderInWhichTheyWereMade(t *testing.T) {
	t.Parallel()
	made := make([]string, 10_000)
	for i := range made {
		made[i] = ids.New().String()
	}
	require.True(t, slices.IsSorted(made))
	require.Len(t, slices.Compact(made), 10_000, "and no two are equal")
}

func TestNewIDsAreUniqueAcrossGoroutines(t *testing.T) {
	t.Parallel()
	var (
		mu   sync.Mutex
		seen = map[ids.ID]bool{}
		wg   sync.WaitGroup
	)
	for range 8 {
		wg.Go(func() {
			last := ids.Nil
			for range 500 {
				id := ids.New()
				mu.Lock()
				seen[id] = true
				mu.Unlock()
				if id.String() <= last.String() {
					t.Errorf("%s was made after %s", id, last)
				}
				last = id
			}
		})
	}
	wg.Wait()
	require.Len(t, seen, 8*500)
}

func TestParseReadsTheCanonicalFormAndNoOther(t *testing.T) {
	t.Parallel()
	id, err := ids.Parse(canonical)
	require.NoError(t, err)
	require.Equal(t, canonical, id.String())

	for name, form := range map[string]string{
		"empty":                "",
		"upper case":           strings.ToUpper(canonical),
		"one upper-case digit": strings.Replace(canonical, "c", "C", 1),
		"without dashes":       strings.ReplaceAll(canonical, "-", ""),
		"in braces":            "{" + canonical + "}",
		"as a URN":             "urn:uuid:" + canonical,
		"with a space":         canonical[:35] + " ",
		"one too short":        canonical[:35],
		"dashes elsewhere":     "0198c7a23-b1e-7c11-9a44-0c1b8e0f2d55",
		"not hexadecimal":      "g" + canonical[1:],
		"wide characters":      "０" + canonical[3:],
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			id, err := ids.Parse(form)
			require.EqualError(t, err, "must be a UUID such as 0198c7a2-3b1e-7c11-9a44-0c1b8e0f2d55",
				"the same for every refused value, which is not repeated")
			require.True(t, id.IsZero())
		})
	}
}

func TestMustParsePanicsOnABadLiteral(t *testing.T) {
	t.Parallel()
	require.Equal(t, canonical, ids.MustParse(canonical).String())
	require.PanicsWithValue(t, `ids: "x": must be a UUID such as 0198c7a2-3b1e-7c11-9a44-0c1b8e0f2d55`,
		func() { ids.MustParse("x") })
}

func TestTheZeroIDMeansNone(t *testing.T) {
	t.Parallel()
	var id ids.ID
	require.True(t, id.IsZero())
	require.Equal(t, ids.Nil, id)
	require.False(t, ids.MustParse(canonical).IsZero())
}

func TestJSON(t *testing.T) {
	t.Parallel()
	var row struct{ ID ids.ID }
	require.NoError(t, json.Unmarshal([]byte(`{"ID":"`+canonical+`"}`), &row))
	out, err := json.Marshal(row)
	require.NoError(t, err)
	require.JSONEq(t, `{"ID":"`+canonical+`"}`, string(out))

	require.Error(t, json.Unmarshal([]byte(`{"ID":"`+strings.ToUpper(canonical)+`"}`), &row))
	require.Equal(t, canonical, row.ID.String(), "a refused value changes nothing")
}

func TestDatabaseForms(t *testing.T) {
	t.Parallel()
	id := ids.MustParse(canonical)
	value, err := id.Value()
	require.NoError(t, err)
	require.Equal(t, driver.Value(canonical), value)

	var _ sql.Scanner = &id
	for name, c := range map[string]struct {
		src  any
		want ids.ID
	}{
		"text":       {canonical, id},
		"text bytes": {[]byte(canonical), id},
		"raw bytes":  {id[:], id},
		"null":       {nil, ids.Nil},
		"empty":      {"", ids.Nil},
		"no bytes":   {[]byte{}, ids.Nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			// Rows are scanned into the same variable one after the other: nothing of the last row may stay.
			got := ids.MustParse("0198c7a2-3b1e-7c11-9a44-ffffffffffff")
			require.NoError(t, got.Scan(c.src))
			require.Equal(t, c.want, got)
		})
	}
	for name, src := range map[string]any{"number": int64(7), "bad text": "x", "bad bytes": []byte("xyz")} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got ids.ID
			require.Error(t, got.Scan(src))
		})
	}
}

func FuzzParse(f *testing.F) {
	f.Add(canonical)
	f.Add(strings.ToUpper(canonical))
	f.Add("urn:uuid:" + canonical)
	f.Add("{" + canonical[:34] + "}")
	f.Add("00000000-0000-0000-0000-000000000000")
	f.Add("")
	f.Fuzz(func(t *testing.T, s string) {
		id, err := ids.Parse(s)
		if err != nil {
			require.Equal(t, ids.Nil, id)
			return
		}
		require.Equal(t, s, id.String(), "one thing has one name")
	})
}
