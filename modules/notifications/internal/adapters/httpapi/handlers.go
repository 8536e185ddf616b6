package httpapi

import (
	"context"

	"fasttrack/adapters/httpserver"
	"fasttrack/modules/notifications/internal/application"
	"fasttrack/modules/notifications/internal/domain"
	"fasttrack/shared/auth"
	"fasttrack/shared/ids"
	"fasttrack/shared/page"
)

type handlers struct {
	service *application.Service
	tickets *application.Tickets
	cursors *page.Codec
}

type listInput struct {
	httpserver.ListInput
	Unread   bool                       `query:"unread" default:"false" doc:"Only what is unread."`
	AfterSeq httpserver.Optional[int64] `query:"after_seq" minimum:"0" doc:"Only what came after this number, oldest first."` //nolint:lll // a tag
}

// The order of a feed is that of its numbers; which way follows from after_seq, to which a cursor is bound anyway.
const (
	newestFirst = "-seq"
	oldestFirst = "seq"
)

func (h handlers) list(ctx context.Context, in *listInput) (*httpserver.List[notification], error) {
	who, after := auth.Must(ctx), in.AfterSeq.Pointer()
	order := newestFirst
	if after != nil {
		order = oldestFirst
	}
	request, err := in.Request(ctx, h.cursors, order)
	if err != nil {
		return nil, err
	}
	if after == nil {
		p, err := h.service.List(ctx, who, in.Unread, request)
		if err != nil {
			return nil, err
		}
		return httpserver.NewList(ctx, h.cursors, request, p, shown), nil
	}
	p, err := h.service.ListAfter(ctx, who, *after, in.Unread, request)
	if err != nil {
		return nil, err
	}
	return httpserver.NewList(ctx, h.cursors, request, p, shown), nil
}

type path struct {
	ID ids.ID `path:"id" format:"uuid" doc:"The notification's id."`
}

type markReadOutput struct{ Body notification }

func (h handlers) markRead(ctx context.Context, in *path) (*markReadOutput, error) {
	n, err := h.service.MarkRead(ctx, auth.Must(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	return &markReadOutput{shown(n)}, nil
}

func (h handlers) markAllRead(ctx context.Context, _ *struct{}) (*struct{}, error) {
	return nil, h.service.MarkAllRead(ctx, auth.Must(ctx))
}

type ticketOutput struct{ Body ticket }

func (h handlers) createTicket(ctx context.Context, _ *struct{}) (*ticketOutput, error) {
	issued, err := h.tickets.Issue(ctx, httpserver.BearerToken(ctx))
	if err != nil {
		return nil, err
	}
	return &ticketOutput{ticket{string(issued), int(domain.TicketLife.Seconds())}}, nil
}
