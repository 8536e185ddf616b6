// Package comments is the bounded context of comments: what people have to say about a task.
//
// Owns: comments.
// Publishes: comments.comment_added, comments.comment_changed, comments.comment_deleted.
// Listens: identity.user_changed, identity.user_registered, organizations.member_added, organizations.member_changed, organizations.member_removed, organizations.organization_deleted, projects.project_changed, projects.project_created, projects.project_deleted, tasks.task_changed, tasks.task_created, tasks.task_deleted, tasks.tasks_unassigned.
// Keeps copies of: projects (whose they are, whether they are archived); tasks (what they are called, who made them, who
// is to do them), to which its comments are tied by a foreign key; memberships (who belongs to which organisation, and as
// what); users (what they are called).
// Tables: comments, comment_projects, comment_tasks, comment_members, comment_users.
//
// Locks are taken in one order by everybody: the copy of the project, those of memberships, that of the task, the
// comment. Whoever writes a comment holds all the copies FOR SHARE; to archive or delete a project, to remove a member,
// to assign or delete a task is to change or delete a copy. So nothing is said in a project that is being archived, nor
// by whom a task is being taken from or who is being removed, and no comment is left behind by a task, project or
// organisation that is deleted.
package comments
