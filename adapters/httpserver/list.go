package httpserver

import (
	"context"
	"net/url"
	"reflect"

	"fasttrack/shared/page"
)

// ListInput is embedded in the input of every list. Beside it a list has a parameter of its own for the order, with
// its keys in both directions as an enum and one of them as the default:
//
//	Sort string `query:"sort" default:"-created_at" enum:"created_at,-created_at" doc:"…"`
type ListInput struct {
	Limit  int    `query:"limit" minimum:"1" maximum:"100" default:"20" doc:"Greatest number of items on a page."`
	Cursor string `query:"cursor" pattern:"^[A-Za-z0-9_-]+$" patternDescription:"a next_cursor of this list" maxLength:"2048" doc:"Where to go on: the next_cursor of the page before."` //nolint:lll // a tag
}

func (ListInput) isPaged() {}

// Request returns what to ask the application for. It fails with [page.ErrCursorMismatch] for a cursor that is not of
// this list: the same path, filters and order.
func (in ListInput) Request(ctx context.Context, cursors *page.Codec, sort string) (page.Request, error) {
	req := page.Request{Limit: in.Limit, Sort: page.ParseSort(sort)}
	if in.Cursor == "" {
		return req, nil
	}
	after, err := cursors.Decode(scopeOf(ctx, req.Sort), in.Cursor)
	if err != nil {
		return page.Request{}, err
	}
	req.After = &after
	return req, nil
}

// List is the answer of a list.
type List[T any] struct {
	Link         string `header:"Link" doc:"The next page, when there is one: <…>; rel=\"next\"."`
	CacheControl string `header:"Cache-Control" hidden:"true"`
	Body         Items[T]
}

// Items is the body of a list.
type Items[T any] struct {
	Items      []T     `json:"items" maxItems:"100" doc:"The page; empty when nothing is there."`
	NextCursor *string `json:"next_cursor" doc:"Where the next page begins; null on the last one." example:"kR5pQJx0v2A"`
	HasMore    bool    `json:"has_more" doc:"Whether there is a next page." example:"true"`
}

// schemaName calls a page of tasks TaskPage.
func (Items[T]) schemaName() string { return nameOf(reflect.TypeFor[T](), "") + "Page" }

// NewList answers with a page; convert makes the API's shape of an item. The request is the one that the page was
// asked for with.
func NewList[T, U any](
	ctx context.Context, cursors *page.Codec, req page.Request, p page.Page[T], convert func(T) U,
) *List[U] {
	l := &List[U]{Body: Items[U]{Items: page.Map(p, convert).Items}}
	if p.Next == nil {
		return l
	}
	cursor := cursors.Encode(scopeOf(ctx, req.Sort), *p.Next)
	l.Body.NextCursor, l.Body.HasMore = &cursor, true
	l.Link = nextLink(requestFrom(ctx), cursor)
	return l
}

// scopeOf names the list that a cursor belongs to: path, filters and order, whatever the order of the parameters. A filter
// that says no more than its absence is none.
func scopeOf(ctx context.Context, sort page.Sort) string {
	req := requestFrom(ctx)
	filters := req.url.Query()
	filters.Del("limit")
	filters.Del("cursor")
	for name := range filters {
		if value := filters.Get(name); value == "" || value == req.defaults[name] {
			filters.Del(name)
		}
	}
	filters.Set("sort", sort.String())
	return req.url.Path + "?" + filters.Encode()
}

// nextLink is relative to the server, so that it holds behind any proxy (RFC 8288).
func nextLink(req *request, cursor string) string {
	query := req.url.Query()
	query.Set("cursor", cursor)
	next := url.URL{Path: req.url.Path, RawQuery: query.Encode()}
	return "<" + next.String() + `>; rel="next"`
}
