package generate_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"fasttrack/bootstrap/generate"
)

func TestANameIsPutIntoBothNumbers(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]generate.Name{
		"labels":    {Plural: "labels", Singular: "label"},
		"label":     {Plural: "labels", Singular: "label"},
		"invoices":  {Plural: "invoices", Singular: "invoice"},
		"companies": {Plural: "companies", Singular: "company"},
		"company":   {Plural: "companies", Singular: "company"},
		"journeys":  {Plural: "journeys", Singular: "journey"},
		"journey":   {Plural: "journeys", Singular: "journey"},
		"addresses": {Plural: "addresses", Singular: "address"},
		"address":   {Plural: "addresses", Singular: "address"},
		"status":    {Plural: "statuses", Singular: "status"},
		"boxes":     {Plural: "boxes", Singular: "box"},
		"branches":  {Plural: "branches", Singular: "branch"},
		"houses":    {Plural: "houses", Singular: "house"},
		"orders":    {Plural: "orders", Singular: "order"},
		"pies":      {Plural: "pies", Singular: "pie"},
	} {
		name, err := generate.ParseName(given, "")
		require.NoError(t, err, given)
		require.Equal(t, want, name, given)
	}
	name, err := generate.ParseName("people", "person")
	require.NoError(t, err)
	require.Equal(t, generate.Name{Plural: "people", Singular: "person"}, name)
}

func TestNamesThatCannotBe(t *testing.T) {
	t.Parallel()
	for given, why := range map[[2]string]string{
		{}:                            "make module name=labels",
		{"time_entries", ""}:          "one word",
		{"timeEntries", ""}:           "one word",
		{"a", "b"}:                    "one word",
		{"../labels", ""}:             "one word",
		{"größen", ""}:                "one word",
		{"labels", "Label"}:           "one word",
		{"Labels", ""}:                "one word",
		{strings.Repeat("a", 25), ""}: "one word",
		{"types", ""}:                 `"type" is a keyword of Go`,
		{"interfaces", ""}:            `"interface" is a keyword of Go`,
		{"strings", ""}:               `"string" means something in Go`,
		{"groups", ""}:                `"groups" is a keyword of SQL`,
		{"ties", ""}:                  `"ties" is a keyword of SQL`,
		{"equipment", "equipment"}:    "tells them apart",
	} {
		_, err := generate.ParseName(given[0], given[1])
		require.ErrorContains(t, err, why, "%v", given)
	}
}
