// Package projects is the bounded context of projects: the places in which tasks are.
//
// Owns: projects and their task counts, the Inbox of every user.
// Publishes: projects.project_changed, projects.project_created, projects.project_deleted.
// Listens: identity.user_registered, organizations.member_added, organizations.member_changed, organizations.member_removed, organizations.organization_deleted, tasks.task_created, tasks.task_deleted, tasks.task_status_changed.
// Keeps copies of: memberships (who belongs to which organisation, and as what), which say who sees and who manages an
// organisation's projects.
// Tables: projects, project_task_deltas, project_members.
//
// Locks are taken in one order by everybody: the copy of the caller's membership, then the project. Whoever makes or
// changes a project of an organisation holds what lets them do it FOR SHARE, so that nobody does it who is being removed
// or demoted, and nothing is made in an organisation that is being deleted. Whoever changes a project holds its row FOR
// NO KEY UPDATE, whoever deletes it FOR UPDATE.
//
// Writers of tasks come here with locks that are later in the order, so they take none that they would have to wait
// for: what they count is appended (project_task_deltas), and folded into the row only if nobody holds it, by chance
// when they count, and by a job that comes round to every project. Nothing of that is left when a project is deleted,
// because its counts are forgotten last: by then the tasks module has locked out every writer. So the projects of a
// deleted organisation are locked when it is deleted, and removed before the commit.
package projects
