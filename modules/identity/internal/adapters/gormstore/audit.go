package gormstore

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"fasttrack/adapters/database"
	"fasttrack/adapters/database/keyset"
	"fasttrack/modules/identity/internal/domain"
	"fasttrack/modules/identity/internal/ports"
	"fasttrack/shared/ids"
	"fasttrack/shared/page"
)

// auditRow is an entry as the table audit_log has it.
type auditRow struct {
	ID         ids.ID
	At         time.Time
	ActorID    *ids.ID
	Action     string
	TargetType string
	TargetID   *ids.ID
	IP         string
	RequestID  string
	Details    string
}

// auditList says by what entries can be sorted.
var auditList = keyset.New("id", func(r auditRow) ids.ID { return r.ID },
	keyset.Time("at", "at", func(r auditRow) time.Time { return r.At }),
)

// Audit implements ports.Audit.
type Audit struct{ db *database.DB }

var _ ports.Audit = (*Audit)(nil)

// NewAudit returns a store on the database.
func NewAudit(db *database.DB) *Audit { return &Audit{db} }

// Append implements ports.Audit.
func (s *Audit) Append(ctx context.Context, entries ...domain.AuditEntry) error {
	if len(entries) == 0 {
		return nil
	}
	rows := make([]map[string]any, len(entries))
	for i, e := range entries {
		details, err := json.Marshal(e.Details)
		if err != nil {
			return fmt.Errorf("write the details of an audit entry: %w", err)
		}
		rows[i] = map[string]any{
			"id": e.ID, "at": e.At, "actor_id": e.ActorID, "action": e.Action, "target_type": e.TargetType,
			"target_id": e.TargetID, "ip": e.Origin.Device.IP, "request_id": e.Origin.RequestID,
			"details": string(details),
		}
	}
	if err := s.db.Conn(ctx).Table("audit_log").Create(rows).Error; err != nil {
		return fmt.Errorf("keep audit entries: %w", err)
	}
	return nil
}

// List implements ports.Audit.
func (s *Audit) List(
	ctx context.Context, filter ports.AuditFilter, request page.Request,
) (page.Page[domain.AuditEntry], error) {
	q := s.db.Conn(ctx).Table("audit_log")
	if filter.ActorID != nil {
		q = q.Where("actor_id = ?", *filter.ActorID)
	}
	if filter.Action != "" {
		q = q.Where("action = ?", filter.Action)
	}
	if filter.From != nil {
		q = q.Where("at >= ?", *filter.From)
	}
	if filter.To != nil {
		q = q.Where("at < ?", *filter.To)
	}
	rows, err := auditList.Find(q, request)
	if err != nil {
		return page.Page[domain.AuditEntry]{}, fmt.Errorf("list audit entries: %w", err)
	}
	entries := make([]domain.AuditEntry, len(rows.Items))
	for i, r := range rows.Items {
		entries[i] = domain.AuditEntry{
			ID: r.ID, At: r.At, ActorID: r.ActorID, Action: r.Action, TargetType: r.TargetType, TargetID: r.TargetID,
			Origin: domain.Origin{Device: domain.Device{IP: r.IP}, RequestID: r.RequestID},
		}
		if err := json.Unmarshal([]byte(r.Details), &entries[i].Details); err != nil {
			return page.Page[domain.AuditEntry]{}, fmt.Errorf("read the details of audit entry %s: %w", r.ID, err)
		}
	}
	return page.Page[domain.AuditEntry]{Items: entries, Next: rows.Next}, nil
}
