package application

import (
	"context"
	"strconv"

	"fasttrack/modules/identity/internal/domain"
	"fasttrack/modules/identity/internal/ports"
	"fasttrack/shared/auth"
	"fasttrack/shared/ids"
	"fasttrack/shared/page"
	"fasttrack/shared/uow"
)

// Audit returns a page of what was done to accounts and sessions, to an admin.
func (s *Service) Audit(
	ctx context.Context, who auth.Principal, filter ports.AuditFilter, request page.Request,
) (page.Page[domain.AuditEntry], error) {
	if err := domain.CheckMayManageUsers(who); err != nil {
		return page.Page[domain.AuditEntry]{}, err
	}
	return s.audit.List(ctx, filter, request)
}

// entry returns an entry of the audit log. A zero actor or target means that there is none.
func (s *Service) entry(
	ctx context.Context, action string, actor ids.ID, targetType string, target ids.ID, details map[string]string,
) domain.AuditEntry {
	e := domain.AuditEntry{
		ID: s.newID(), At: s.now(), Action: action, TargetType: targetType, Origin: s.origin(ctx),
		Details: withOperator(ctx, details),
	}
	if !actor.IsZero() {
		e.ActorID = &actor
	}
	if !target.IsZero() {
		e.TargetID = &target
	}
	return e
}

// noteUser writes to the audit log that the actor did something to an account, in the unit of work that does it.
func (s *Service) noteUser(ctx context.Context, action string, actor, user ids.ID, details map[string]string) error {
	return s.audit.Append(ctx, s.entry(ctx, action, actor, domain.TargetUser, user, details))
}

// noteSession writes to the audit log that the actor did something to a session, in the unit of work that does it.
func (s *Service) noteSession(ctx context.Context, action string, actor, session ids.ID, details map[string]string) error {
	return s.audit.Append(ctx, s.entry(ctx, action, actor, domain.TargetSession, session, details))
}

// refuseLogin counts a wrong guess (none for the zero one) and writes the failed login to the audit log, in a unit of
// its own, and returns the refusal. It takes the same time whether the account exists or not (the zero id).
func (s *Service) refuseLogin(ctx context.Context, wrong guess, user ids.ID, reason string, refusal error) error {
	return s.work.Do(ctx, func(ctx context.Context) error {
		if err := s.throttle.wrong(ctx, wrong); err != nil {
			return err
		}
		err := s.noteUser(ctx, domain.AuditLoginFailed, ids.Nil, user, map[string]string{"reason": reason})
		if err != nil {
			return err
		}
		return uow.FailAfterCommit(ctx, refusal)
	})
}

// noteChanges writes to the audit log what the actor changed about an account.
func (s *Service) noteChanges(ctx context.Context, actor ids.ID, before, after domain.UserState) error {
	var entries []domain.AuditEntry
	note := func(changed bool, action, from, to string) {
		if changed {
			entries = append(entries, s.entry(ctx, action, actor, domain.TargetUser, after.ID,
				map[string]string{"from": from, "to": to}))
		}
	}
	note(before.DisplayName != after.DisplayName, domain.AuditProfileChanged, before.DisplayName, after.DisplayName)
	note(before.Role != after.Role, domain.AuditRoleChanged, string(before.Role), string(after.Role))
	note(before.IsActive != after.IsActive, domain.AuditActivationChanged,
		activation(before.IsActive), activation(after.IsActive))
	pending, address := after.PendingEmail.String(), after.Email.String()
	note(before.Email != after.Email, domain.AuditEmailChanged, before.Email.String(), address)
	note(pending != "" && before.PendingEmail != after.PendingEmail, domain.AuditEmailRequested, address, pending)
	note(pending == "" && before.PendingEmail != after.PendingEmail && before.Email == after.Email,
		domain.AuditEmailWithdrawn, before.PendingEmail.String(), address)
	if !before.EmailVerified && after.EmailVerified && before.Email == after.Email {
		entries = append(entries, s.entry(ctx, domain.AuditEmailVerified, actor, domain.TargetUser, after.ID, nil))
	}
	return s.audit.Append(ctx, entries...)
}

func activation(active bool) string {
	if active {
		return "active"
	}
	return "deactivated"
}

// endedSessions says in the details of an entry how many sessions ended.
func endedSessions(n int) map[string]string {
	return map[string]string{"ended_sessions": strconv.Itoa(n)}
}
