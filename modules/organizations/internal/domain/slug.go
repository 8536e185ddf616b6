package domain

import (
	"fmt"
	"regexp"
	"strings"

	"fasttrack/shared/errs"
	"fasttrack/shared/ids"
	"fasttrack/shared/text"
)

// Slug is the short, unique name of an organisation, fit for addresses: lower-case letters, digits and hyphens, as in
// a label of a host name (RFC 1123).
type Slug string

const (
	maxSlug    = 63
	suffixSize = 6 // digits
	// fallback is the slug of a name that has nothing a slug can be made of.
	fallback = "organization"
)

var (
	slugForm = regexp.MustCompile(`^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$`)
	notSlug  = regexp.MustCompile(`[^a-z0-9]+`)
)

func checkSlug(s string) (Slug, []errs.Field) {
	s = text.Clean(s)
	if len(s) > maxSlug || !slugForm.MatchString(s) {
		return "", []errs.Field{errs.Body("slug",
			"must have 1 to 63 lower-case letters, digits and hyphens, and no hyphen at either end")}
	}
	return Slug(s), nil
}

// DeriveSlug makes a slug out of a name, which latin brings into plain Latin letters as far as that is possible.
func DeriveSlug(name string, latin func(string) string) Slug {
	s := notSlug.ReplaceAllString(strings.ToLower(latin(name)), "-")
	s = strings.Trim(s, "-")
	if s == "" {
		return fallback
	}
	return shortened(s, maxSlug)
}

// Suffixed returns another slug for when this one is taken. Two ids that were made at random give different ones, but
// for once in some 16 million times.
func (s Slug) Suffixed(id ids.ID) Slug {
	suffix := fmt.Sprintf("%x", id[len(id)-suffixSize/2:])
	return shortened(string(s), maxSlug-1-suffixSize) + "-" + Slug(suffix)
}

func shortened(s string, length int) Slug {
	return Slug(strings.TrimRight(s[:min(len(s), length)], "-"))
}
