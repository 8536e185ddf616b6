package identity

import (
	"context"
	"iter"

	"fasttrack/modules/identity/internal/application"
	"fasttrack/shared/events"
)

// What follows is for the command line: it is done without asking who wants it, while nodes run or not. Those that run
// notice within a second. The audit log says that it was done at the command line. An address without an account is an
// error of kind errs.NotFound.

// CreateAdmin makes an admin. It fails if the address has an account, or if the password is refused.
func (m *Module) CreateAdmin(ctx context.Context, email, password string) error {
	_, err := m.operator().CreateAdmin(ctx, email, password)
	return err
}

// Users returns all accounts, the oldest first. An error ends it.
func (m *Module) Users(ctx context.Context) iter.Seq2[events.User, error] {
	return func(yield func(events.User, error) bool) {
		for u, err := range m.operator().Users(ctx) {
			if err != nil {
				yield(events.User{}, err)
				return
			}
			s := u.State()
			shown := events.User{
				UserID: s.ID, Email: s.Email.String(), DisplayName: s.DisplayName, Role: string(s.Role),
				IsActive: s.IsActive, Version: s.Version,
			}
			if !yield(shown, nil) {
				return
			}
		}
	}
}

// ResetPassword gives an account another password, and ends all its sessions; it returns how many there were. It fails
// if the password is refused.
func (m *Module) ResetPassword(ctx context.Context, email, password string) (ended int, err error) {
	return m.operator().ResetPassword(ctx, email, password)
}

// Deactivate deactivates an account and ends all its sessions. It fails for the last active admin.
func (m *Module) Deactivate(ctx context.Context, email string) error {
	return m.operator().Deactivate(ctx, email)
}

func (m *Module) operator() application.Operator { return m.service.Operator() }
