package gormstore

import "fasttrack/adapters/database"

// Tasks are what is read most, so their rows are read by hand, see [database.Scan].

// into returns where the columns of [columns] go.
func (r *row) into() []any {
	return []any{
		&r.ID, &r.ProjectID, &r.Title, &r.Description, &r.Status, &r.Priority, &r.AssigneeID, &r.DueAt,
		&r.CompletedAt, &r.CreatedBy, &r.Version, &r.CreatedAt, &r.UpdatedAt,
	}
}

func readRow(from database.Row, r *row) error { return from.Scan(r.into()...) }

// readJoinedRow reads [joinedColumns].
func readJoinedRow(from database.Row, r *joinedRow) error {
	p := &r.Project
	return from.Scan(append(r.Task.into(),
		&p.OwnerID, &p.OrganizationID, &p.Name, &p.Inbox, &p.Archived, &p.Version)...)
}
