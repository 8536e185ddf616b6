// Package idempotency makes a POST that creates safe to repeat: with an Idempotency-Key it creates once, however often
// it is sent, on whichever node, whether or not the first answer arrived.
//
// # Use
//
// It takes two lines where a route creates. The input embeds [httpserver.Idempotent], which reads and documents the
// header, and the handler calls [Create] around the command:
//
//	type createInput struct {
//		TaskPath
//		httpserver.Idempotent
//		Body struct{ … }
//	}
//
//	func (h handlers) create(ctx context.Context, in *createInput) (*httpserver.Resource[comment], error) {
//		draft, err := domain.NewDraft(in.Body.Body)
//		if err != nil {
//			return nil, err
//		}
//		caller := auth.Must(ctx)
//		return idempotency.Create(ctx, h.keys,
//			func(ctx context.Context, _ comment) error { return h.service.AuthorizeAdd(ctx, caller, in.ID) },
//			func(ctx context.Context) (*httpserver.Resource[comment], error) {
//				return created(h.service.Add(ctx, caller, in.ID, draft))
//			})
//	}
//
// The first function says whether the caller may still do this: it runs before an answer is given again, so that
// whoever lost access gets 404 or 403 and not what was stored. It asks who may, not whether it is possible now: that
// the project has been archived since does not take back what was created. It is told what was created, for where that
// itself can get out of the caller's sight, as an organisation does that they leave. nil is for what everybody may and
// nobody loses.
//
// A route whose answer holds a secret, anything below /auth and a ticket, must not use it: answers are stored.
//
// # Promises
//
// A key belongs to its user. What is kept, status, body, ETag and Location, is written in the transaction of the
// effect, so there is never one without the other; a request that fails keeps nothing. It is kept for [Retention], and
// then swept by [Keys.Run], which the program calls every so often.
// While a request is being worked on another with its key is refused with [httpserver.ErrIdempotencyInFlight]: on
// PostgreSQL by an advisory lock that ends with the transaction, on SQLite, whose one process is alone, by a set in
// memory. A key that was used for another method, path or body is [httpserver.ErrIdempotencyMismatch].
package idempotency
