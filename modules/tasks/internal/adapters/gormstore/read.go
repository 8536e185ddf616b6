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

// into returns where the columns of [projectColumns] go.
func (r *projectRow) into() []any {
	return []any{&r.OwnerID, &r.OrganizationID, &r.Name, &r.Inbox, &r.Archived, &r.Version}
}

// readJoinedRow reads [joinedColumns].
func readJoinedRow(from database.Row, r *joinedRow) error {
	return from.Scan(append(r.Task.into(), r.Project.into()...)...)
}
