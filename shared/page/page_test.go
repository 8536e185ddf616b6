package page_test

import (
	"encoding/base64"
	"regexp"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"fasttrack/shared/errs"
	"fasttrack/shared/ids"
	"fasttrack/shared/page"
)

var (
	codec    = page.NewCodec([]byte("0123456789abcdef0123456789abcdef"))
	alphabet = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)
)

const scope = "GET /tasks?status=todo&sort=-created_at"

func at(value string) page.Position {
	return page.Position{Value: &value, ID: ids.MustParse("0198c7a2-3b1e-7c11-9a44-0c1b8e0f2d55")}
}

func TestSortReadsTheFormOfTheAPI(t *testing.T) {
	t.Parallel()
	for form, want := range map[string]page.Sort{
		"due_at":  {Key: "due_at"},
		"-due_at": {Key: "due_at", Desc: true},
	} {
		require.Equal(t, want, page.ParseSort(form))
		require.Equal(t, form, want.String())
	}
}

func TestMapConvertsItemsAndKeepsThePosition(t *testing.T) {
	t.Parallel()
	next := at("7")
	got := page.Map(page.Page[int]{Items: []int{1, 2}, Next: &next}, strconv.Itoa)
	require.Equal(t, page.Page[string]{Items: []string{"1", "2"}, Next: &next}, got)

	require.NotNil(t, page.Map(page.Page[int]{}, strconv.Itoa).Items, "an empty page has no null items")
}

func TestACursorBringsItsPositionBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		scope, position := rapid.String().Draw(t, "scope"), anyPosition().Draw(t, "position")
		cursor := codec.Encode(scope, position)
		require.Regexp(t, alphabet, cursor)
		got, err := codec.Decode(scope, cursor)
		require.NoError(t, err)
		require.Equal(t, position, got)
	})
}

func anyPosition() *rapid.Generator[page.Position] {
	return rapid.Custom(func(t *rapid.T) page.Position {
		p := page.Position{ID: ids.ID(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "id"))}
		if rapid.Bool().Draw(t, "not null") {
			value := rapid.String().Draw(t, "value")
			p.Value = &value
		}
		return p
	})
}

func TestNullAndEmptyAreTwoPositions(t *testing.T) {
	t.Parallel()
	empty, null := at(""), page.Position{ID: at("").ID}
	require.NotEqual(t, codec.Encode(scope, empty), codec.Encode(scope, null))
	got, err := codec.Decode(scope, codec.Encode(scope, null))
	require.NoError(t, err)
	require.Nil(t, got.Value)
}

func TestACursorIsRefusedAnywhereElse(t *testing.T) {
	t.Parallel()
	cursor := codec.Encode(scope, at("2026-01-01"))
	for _, other := range []string{"", "GET /tasks", scope + " ", scope + "\x01", "GET /tasks?status=done&sort=-created_at"} {
		_, err := codec.Decode(other, cursor)
		require.ErrorIs(t, err, page.ErrCursorMismatch, "scope %q", other)
	}
	_, err := page.NewCodec([]byte("another key")).Decode(scope, cursor)
	require.ErrorIs(t, err, page.ErrCursorMismatch, "another key")
}

func TestScopeAndPositionCannotBeShifted(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		first, second := rapid.String().Draw(t, "scope"), rapid.String().Draw(t, "other scope")
		position := anyPosition().Draw(t, "position")
		got, err := codec.Decode(second, codec.Encode(first, position))
		if first == second {
			require.NoError(t, err)
			require.Equal(t, position, got)
		} else {
			require.ErrorIs(t, err, page.ErrCursorMismatch)
		}
	})
}

func TestEveryCutAndEveryFlippedBitIsRefused(t *testing.T) {
	t.Parallel()
	for _, p := range []page.Position{at("2026-01-01T00:00:00.000000Z"), at("x"), at("xy"), at(""), {ID: ids.New()}} {
		cursor := codec.Encode(scope, p)
		for n := range len(cursor) {
			refused(t, cursor[:n])
			refused(t, cursor[n+1:])
			refused(t, cursor[:n]+cursor[n+1:])
			for _, extra := range []string{"A", "=", "\n", "\r", "\r\n", " ", "\x00", "+", "/"} {
				refused(t, cursor[:n]+extra+cursor[n:])
			}
			for bit := range 8 {
				flipped := []byte(cursor)
				flipped[n] ^= 1 << bit
				refused(t, string(flipped))
			}
		}
		raw, err := base64.RawURLEncoding.DecodeString(cursor)
		require.NoError(t, err)
		for n := range len(raw) * 8 {
			raw[n/8] ^= 1 << (n % 8)
			refused(t, base64.RawURLEncoding.EncodeToString(raw))
			raw[n/8] ^= 1 << (n % 8)
		}
		refused(t, cursor+"\n")
		refused(t, cursor+"=")
		refused(t, cursor+cursor)
	}
}

func refused(t *testing.T, cursor string) {
	t.Helper()
	got, err := codec.Decode(scope, cursor)
	require.ErrorIs(t, err, page.ErrCursorMismatch, "%q", cursor)
	require.Zero(t, got)
}

func TestTheCodecKeepsACopyOfItsKey(t *testing.T) {
	t.Parallel()
	key := []byte("a key that is cleared afterwards")
	c := page.NewCodec(key)
	cursor := c.Encode(scope, at("x"))
	clear(key)
	_, err := c.Decode(scope, cursor)
	require.NoError(t, err)
}

func TestTheRefusalTellsWhereAndShowsNothing(t *testing.T) {
	t.Parallel()
	require.Equal(t, errs.Invalid, page.ErrCursorMismatch.Kind)
	require.Equal(t, "cursor_mismatch", page.ErrCursorMismatch.Code)
	require.Equal(t, "query.cursor", page.ErrCursorMismatch.Fields[0].Location)
}

// FuzzDecode holds that a string is refused, or is the very cursor that this position has in this scope.
func FuzzDecode(f *testing.F) {
	good := codec.Encode(scope, at("2026-01-01"))
	for _, seed := range []string{good, good + "\n", good + "=", good[1:], codec.Encode("other", at("x")), "", "AAAA", "\xff"} {
		f.Add(scope, seed)
	}
	f.Fuzz(func(t *testing.T, scope, cursor string) {
		p, err := codec.Decode(scope, cursor)
		if err != nil {
			require.ErrorIs(t, err, page.ErrCursorMismatch)
			require.Zero(t, p)
			return
		}
		require.Equal(t, cursor, codec.Encode(scope, p))
	})
}
