package application

import (
	"context"
	"fmt"
	"iter"
	"maps"

	"fasttrack/modules/identity/internal/domain"
	"fasttrack/modules/identity/internal/ports"
	"fasttrack/shared/auth"
	"fasttrack/shared/errs"
	"fasttrack/shared/events"
	"fasttrack/shared/ids"
	"fasttrack/shared/page"
	"fasttrack/shared/precondition"
)

// Operator carries out what somebody asks for who has the database, at the command line. The audit log says so instead
// of who it was, which is not known.
type Operator struct{ service *Service }

// Operator returns what the command line may do. Nobody asks whether it may.
func (s *Service) Operator() Operator { return Operator{s} }

// operatorKey marks the context of what an operator does.
type operatorKey struct{}

func byOperator(ctx context.Context) context.Context {
	return context.WithValue(ctx, operatorKey{}, true)
}

// withOperator says in the details of an entry of the audit log that an operator did it, if one did.
func withOperator(ctx context.Context, details map[string]string) map[string]string {
	if ctx.Value(operatorKey{}) == nil {
		return details
	}
	details = maps.Clone(details)
	if details == nil {
		details = map[string]string{}
	}
	details["by"] = "command line"
	return details
}

// CreateAdmin makes an admin. An address that has an account is domain.ErrEmailTaken.
func (o Operator) CreateAdmin(ctx context.Context, email, password string) (*domain.User, error) {
	r, err := domain.NewRegistration(email, password, nil, o.service.policy.Password)
	if err != nil {
		return nil, err
	}
	return o.service.register(byOperator(ctx), r, auth.RoleAdmin)
}

// Users returns all accounts, the oldest first. It reads a page at a time.
func (o Operator) Users(ctx context.Context) iter.Seq2[*domain.User, error] {
	return func(yield func(*domain.User, error) bool) {
		request := page.Request{Limit: page.MaxLimit, Sort: page.Sort{Key: "created_at"}}
		for {
			p, err := o.service.users.List(ctx, ports.UserFilter{}, request)
			if err != nil {
				yield(nil, err)
				return
			}
			for _, u := range p.Items {
				if !yield(u, nil) {
					return
				}
			}
			if p.Next == nil {
				return
			}
			request.After = p.Next
		}
	}
}

// ResetPassword gives an account another password, ends all its sessions, and forgets that it was guessed wrong. It
// returns how many sessions there were.
func (o Operator) ResetPassword(ctx context.Context, email, next string) (ended int, err error) {
	ctx, s := byOperator(ctx), o.service
	u, err := o.find(ctx, email)
	if err != nil {
		return 0, err
	}
	state := u.State()
	next, bad := s.policy.Password.Check("password", next, domain.PersonalWords(state.Email, state.DisplayName))
	if len(bad) > 0 {
		return 0, errs.InvalidFields(bad...)
	}
	hash, err := s.passwords.Hash(ctx, next)
	if err != nil {
		return 0, fmt.Errorf("hash a new password: %w", err)
	}
	err = s.work.Do(ctx, func(ctx context.Context) error {
		u, before, err := s.dropPendingEmail(ctx, state.ID)
		if err != nil {
			return err
		}
		if _, err := s.users.ReplacePassword(ctx, state.ID, before.PasswordHash, hash); err != nil {
			return err
		}
		if ended, err = s.endAll(ctx, state.ID, ids.Nil, events.SessionPassword); err != nil {
			return err
		}
		if err := s.noteUser(ctx, domain.AuditPasswordChanged, ids.Nil, state.ID, endedSessions(ended)); err != nil {
			return err
		}
		if err := s.throttle.forget(ctx, before); err != nil {
			return err
		}
		return s.noteAndAnnounce(ctx, ids.Nil, before, u)
	})
	return ended, err
}

// Deactivate deactivates an account and ends all its sessions. One that is deactivated stays so; the last active admin
// is domain.ErrLastAdmin.
func (o Operator) Deactivate(ctx context.Context, email string) error {
	u, err := o.find(ctx, email)
	if err != nil {
		return err
	}
	change, err := domain.NewUserChange(nil, nil, new(false))
	if err != nil {
		return err
	}
	_, err = o.service.change(byOperator(ctx), auth.Principal{}, u.State().ID, change, precondition.If{})
	return err
}

func (o Operator) find(ctx context.Context, email string) (*domain.User, error) {
	address, err := domain.ParseEmail(email)
	if err != nil {
		return nil, err
	}
	return o.service.users.FindByEmail(ctx, address)
}
