// Package projects is the bounded context of projects: the places in which tasks are.
//
// Owns: projects and their task counts, the Inbox of every user.
// Publishes: projects.project_changed, projects.project_created, projects.project_deleted.
// Listens: identity.user_registered, tasks.task_created, tasks.task_deleted, tasks.task_status_changed.
// Keeps copies: none.
// Tables: projects, project_task_deltas.
//
// Whoever changes a project holds its row FOR NO KEY UPDATE, whoever deletes it FOR UPDATE. Writers of tasks come here
// with locks that are later in the order, so they take none that they would have to wait for: what they count is
// appended (project_task_deltas), and folded into the row only if nobody holds it. Nothing of that is left when a
// project is deleted, because its counts are forgotten last: by then the tasks module has locked out every writer.
package projects
