package bootstrap_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fasttrack/adapters/database"
	"fasttrack/adapters/database/dbtest"
	"fasttrack/adapters/httpserver/httpservertest"
	"fasttrack/adapters/module"
	"fasttrack/adapters/module/moduletest"
	"fasttrack/bootstrap"
	"fasttrack/shared/auth"
	"fasttrack/shared/events"
	"fasttrack/shared/ids"
)

// The tests of this file have all modules on one bus and in one database, as a program has them, while the test speaks
// for the organizations module.

func wired(t *testing.T, db *database.DB, options ...moduletest.Option) *moduletest.World {
	t.Helper()
	return moduletest.New(t, db, func(d module.Deps) { bootstrap.Wire(d, configured(t, "sqlite:///nowhere/unused.db")) }, options...)
}

type members map[string]any

// made is what an answer to POST says of the thing that was made.
type made struct {
	ID ids.ID `json:"id"`
}

func post(who moduletest.Person, path string, body members) ids.ID {
	var m made
	who.Post(path, body).Decode(201, &m)
	return m.ID
}

const api = "/api/v1"

func projectPath(id ids.ID) string  { return fmt.Sprintf("%s/projects/%s", api, id) }
func taskPath(id ids.ID) string     { return fmt.Sprintf("%s/tasks/%s", api, id) }
func tasksPath(id ids.ID) string    { return projectPath(id) + "/tasks" }
func commentsPath(id ids.ID) string { return taskPath(id) + "/comments" }

// place is an organisation with two projects, in each of which there are tasks with comments.
type place struct {
	id     ids.ID
	owner  moduletest.Person
	member moduletest.Person
	part   events.Membership // the member's
	things []ids.ID          // the ids of all that is in it
}

func furnish(w *moduletest.World, name string) *place {
	p := &place{id: ids.New(), owner: w.User(name), member: w.User(name)}
	w.Join(p.id, p.owner.UserID, auth.OrganizationOwner)
	p.part = w.Join(p.id, p.member.UserID, auth.OrganizationMember)
	for range 2 {
		p.addProject(w)
	}
	return p
}

func (p *place) addProject(*moduletest.World) ids.ID {
	project := post(p.owner, api+"/projects", members{"name": "Shop", "organization_id": p.id})
	p.things = append(p.things, project)
	for _, assignee := range []any{nil, p.member.UserID} {
		task := post(p.owner, tasksPath(project), members{"title": "Sell", "assignee_id": assignee})
		p.things = append(p.things, task, post(p.owner, commentsPath(task), members{"body": "?"}))
	}
	return project
}

// requireGone looks for ids in every column of every table that can hold one.
func requireGone(t *testing.T, w *moduletest.World, gone ...ids.ID) {
	t.Helper()
	require.Empty(t, traces(t, w, gone...))
}

func traces(t *testing.T, w *moduletest.World, of ...ids.ID) (found []string) {
	t.Helper()
	columns := map[database.Dialect]string{
		database.SQLite: `SELECT m.name AS "table", c.name AS "column" FROM sqlite_master m, pragma_table_info(m.name) c
			WHERE m.type = 'table' AND upper(c.type) = 'TEXT'`,
		database.Postgres: `SELECT table_name AS "table", column_name AS "column" FROM information_schema.columns
			WHERE table_schema = 'public' AND data_type = 'uuid'`,
	}[w.DB.Dialect()]
	var rows []struct{ Table, Column string }
	require.NoError(t, w.DB.Conn(t.Context()).Raw(columns).Scan(&rows).Error)
	require.Greater(t, len(rows), 20)
	for _, r := range rows {
		// What is stored of the past stays: it speaks of what was, and nobody reaches anything by it.
		if slices.Contains([]string{"audit_log", "notifications"}, r.Table) {
			continue
		}
		if n := w.Count(fmt.Sprintf("%q WHERE %q IN (?)", r.Table, r.Column), of); n > 0 {
			found = append(found, fmt.Sprintf("%d rows of %s by %s", n, r.Table, r.Column))
		}
	}
	return found
}

func TestNothingIsLeftOfADeletedOrganisation(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *database.DB) {
		w := wired(t, db)
		gone, stays := furnish(w, "Olga"), furnish(w, "Otto")
		big := gone.addProject(w)
		many := fill(t, w, big, 10_000)
		lost := append(slices.Clone(gone.things), gone.id)
		require.NotEmpty(t, traces(t, w, lost...))
		kept := traces(t, w, append(stays.things, stays.id)...)

		began := time.Now()
		w.Publish(moduletest.OrganizationDeleted(gone.id))
		t.Logf("%d tasks were deleted in %s", many, time.Since(began))
		requireGone(t, w, lost...)
		require.Equal(t, kept, traces(t, w, append(stays.things, stays.id)...))
		require.EqualValues(t, 4, w.Count("tasks"))
		require.EqualValues(t, 4, w.Count("comment_tasks"))
		for _, path := range []string{projectPath(big), tasksPath(big)} {
			gone.owner.Get(path).RequireProblem(404, "not_found")
		}
	})
}

func TestNothingIsLeftOfADeletedProject(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *database.DB) {
		w := wired(t, db)
		p := furnish(w, "Olga")
		kept := len(p.things)
		big := p.addProject(w)
		many := fill(t, w, big, 10_000)
		began := time.Now()
		p.owner.Delete(projectPath(big)).Require(204)
		t.Logf("%d tasks were deleted in %s", many, time.Since(began))
		requireGone(t, w, p.things[kept:]...)
		require.EqualValues(t, 4, w.Count("tasks"))
		require.EqualValues(t, 4, w.Count("comment_tasks"))
		require.EqualValues(t, 4, w.Count("comments"))
	})
}

// fill puts that many tasks with a comment each into a project, with all that modules keep of them, without asking
// anybody; every fourth is given to nobody.
func fill(t *testing.T, w *moduletest.World, project ids.ID, n int) int {
	t.Helper()
	if dbtest.Race && w.DB.Dialect() == database.SQLite {
		n = 500
	}
	id := map[database.Dialect]string{
		database.SQLite:   `printf('00000000-0000-7000-8000-%012x', n.i)`,
		database.Postgres: `('00000000-0000-7000-8000-' || lpad(to_hex(n.i), 12, '0'))::uuid`,
	}[w.DB.Dialect()]
	numbers := fmt.Sprintf("WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d)", n)
	for _, copied := range []struct{ table, key, columns, of string }{
		{"tasks", "id", `project_id, owner_id, title, description, status, priority, assignee_id, created_by, version,
			created_at, updated_at`, "id = (SELECT min(CAST(id AS text)) FROM tasks WHERE project_id = ?)"},
		{
			"comment_tasks", "task_id", "project_id, title, created_by, assignee_id, version",
			"task_id = (SELECT min(CAST(task_id AS text)) FROM comment_tasks WHERE project_id = ?)",
		},
	} {
		if w.DB.Dialect() == database.Postgres {
			copied.of = fmt.Sprintf("%s = (SELECT %s FROM %s WHERE project_id = ? LIMIT 1)", copied.key, copied.key, copied.table)
		}
		w.Exec(fmt.Sprintf("INSERT INTO %s (%s, %s) %s SELECT %s, %s FROM %s, n WHERE %s", copied.table, copied.key,
			copied.columns, numbers, id, copied.columns, copied.table, copied.of), project)
	}
	w.Exec(fmt.Sprintf(`INSERT INTO comments (id, task_id, author_id, body, version, created_at, updated_at) %s
		SELECT %s, %s, author_id, body, version, created_at, updated_at
		FROM (SELECT * FROM comments LIMIT 1) AS one, n`, numbers, id, id))
	w.Exec("INSERT INTO project_task_deltas (project_id, todo, in_progress, done) VALUES (?, ?, 0, 0)", project, n)
	return n
}

// A member who goes leaves nothing assigned, in any module, and sees nothing any more.
func TestARemovedMemberSeesNothing(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *database.DB) {
		w := wired(t, db)
		p := furnish(w, "Olga")
		said := post(p.member, commentsPath(p.things[3]), members{"body": "mine"})
		w.Publish(moduletest.Removed(p.part))
		for _, table := range []string{"tasks", "comment_tasks"} {
			require.Zero(t, w.Count(table+" WHERE assignee_id IS NOT NULL"), table)
			require.EqualValues(t, 2, w.Count(table+" WHERE version = 2"), table)
		}
		for _, path := range []string{
			projectPath(p.things[0]), tasksPath(p.things[0]), taskPath(p.things[1]), taskPath(p.things[3]),
			commentsPath(p.things[3]), api + "/comments/" + said.String(),
		} {
			p.member.Get(path).RequireProblem(404, "not_found")
		}
		told := w.Count("notifications WHERE user_id = ?", p.member.UserID)
		p.owner.Patch(taskPath(p.things[3])+"/complete", nil).Require(200)
		p.owner.Post(commentsPath(p.things[3]), members{"body": "!"}).Require(201)
		require.Equal(t, told, w.Count("notifications WHERE user_id = ?", p.member.UserID))
	})
}

// Everything at once in one organisation: nobody deadlocks, not even to be saved by a retry.
func TestNothingDeadlocksInAnOrganisation(t *testing.T) {
	t.Parallel()
	dbtest.NoDeadlocks(t, 10, func(db *database.DB) {
		s := &commotion{Stress: &moduletest.Stress{World: wired(t, db, moduletest.InOrder())}}
		for range 5 {
			s.people = append(s.people, s.User("Ada"))
		}
		s.people = append(s.people, s.Admin("Root"))
		s.found()
		s.Run(60, s.act)
		require.Zero(t, s.Count(`tasks t JOIN task_projects p ON p.id = t.project_id WHERE t.assignee_id IS NOT NULL
			AND NOT EXISTS (SELECT 1 FROM task_members m WHERE m.organization_id = p.organization_id
				AND m.user_id = t.assignee_id) AND p.organization_id IS NOT NULL`), "only members have tasks")
		require.Zero(t, s.Count(`tasks t JOIN comment_tasks c ON c.task_id = t.id
			WHERE t.assignee_id IS DISTINCT FROM c.assignee_id OR t.version <> c.version`), "copies follow")
		for _, table := range []string{"task_members", "comment_members"} {
			require.Zero(t, s.Count("project_members m FULL JOIN "+table+" c ON m.organization_id = c.organization_id"+
				" AND m.user_id = c.user_id AND m.role = c.role WHERE m.user_id IS NULL OR c.user_id IS NULL"), table)
		}
		require.Zero(t, s.Count(`project_task_deltas d WHERE NOT EXISTS (SELECT 1 FROM projects p WHERE p.id = d.project_id)`))
		require.Zero(t, s.Count(`projects p FULL JOIN task_projects t ON t.id = p.id WHERE p.id IS NULL OR t.id IS NULL`))
		require.Zero(t, s.Count(`projects p FULL JOIN comment_projects t ON t.project_id = p.id
			WHERE p.id IS NULL OR t.project_id IS NULL`))
	})
}

// commotion is an organisation in which much happens.
type commotion struct {
	*moduletest.Stress
	people []moduletest.Person

	organization sync.Mutex // what the organizations module does to one organisation happens one after the other
	joined       map[ids.ID]*events.Membership

	mu                       sync.Mutex
	id                       ids.ID
	projects, tasks, comment []ids.ID
}

// found makes the organisation anew; the first of the people is its owner.
func (s *commotion) found() {
	id := ids.New()
	s.joined = map[ids.ID]*events.Membership{}
	m := events.Membership{OrganizationID: id, UserID: s.people[0].UserID, Role: "owner", Version: 1}
	s.Succeed(events.MemberAdded{Membership: m, At: moduletest.Start})
	s.mu.Lock()
	defer s.mu.Unlock()
	s.id, s.projects, s.tasks, s.comment = id, nil, nil, nil
}

// one is one of those that there are, or of none.
func (s *commotion) one(r *rand.Rand, of *[]ids.ID) ids.ID {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(*of) == 0 {
		return ids.New()
	}
	return (*of)[r.IntN(len(*of))]
}

func (s *commotion) note(to *[]ids.ID, answer *httpservertest.Answer) {
	if answer.Status != 201 {
		return
	}
	var m made
	answer.Decode(201, &m)
	s.mu.Lock()
	defer s.mu.Unlock()
	*to = append(*to, m.ID)
}

func (s *commotion) act(r *rand.Rand) {
	who, other := s.people[r.IntN(len(s.people))], s.people[r.IntN(len(s.people))]
	if r.IntN(3) > 0 {
		who = s.people[0]
	}
	assigned := members{"title": "Sell", "assignee_id": []any{nil, other.UserID}[r.IntN(2)]}
	try := func(answer *httpservertest.Answer) *httpservertest.Answer {
		s.Allow(answer, 200, 201, 204, 403, 404, 409, 412, 422)
		return answer
	}
	switch n := r.IntN(24); n {
	case 0, 1:
		s.mu.Lock()
		id := s.id
		s.mu.Unlock()
		s.note(&s.projects, try(who.Post(api+"/projects", members{"name": "Shop", "organization_id": id})))
	case 2:
		try(who.Patch(projectPath(s.one(r, &s.projects)), members{"name": fmt.Sprint(r.IntN(9))}))
	case 3:
		status := []string{"archived", "active", "active"}[r.IntN(3)]
		try(who.Patch(projectPath(s.one(r, &s.projects)), members{"status": status}))
	case 4:
		if r.IntN(4) == 0 {
			try(who.Delete(projectPath(s.one(r, &s.projects))))
		}
	case 5, 6, 7, 8:
		s.note(&s.tasks, try(who.Post(tasksPath(s.one(r, &s.projects)), assigned)))
	case 9, 10, 11:
		try(who.Patch(taskPath(s.one(r, &s.tasks)), assigned))
	case 12, 13:
		try(who.Patch(taskPath(s.one(r, &s.tasks))+"/complete", nil))
	case 14:
		try(who.Delete(taskPath(s.one(r, &s.tasks))))
	case 15, 16, 17:
		s.note(&s.comment, try(who.Post(commentsPath(s.one(r, &s.tasks)), members{"body": "?"})))
	case 18:
		try(who.Patch(api+"/comments/"+s.one(r, &s.comment).String(), members{"body": fmt.Sprint(r.IntN(9))}))
	case 19:
		try(who.Get(api + "/projects"))
	default:
		s.organization.Lock()
		defer s.organization.Unlock()
		s.change(r, 1+r.IntN(len(s.people)-1))
	}
}

// change is what the organizations module does to a member, and now and then to the organisation.
func (s *commotion) change(r *rand.Rand, whom int) {
	who := s.people[whom].UserID
	part := s.joined[who]
	switch {
	case r.IntN(30) == 0:
		s.Succeed(moduletest.OrganizationDeleted(s.id))
		s.found()
	case part == nil:
		part = &events.Membership{OrganizationID: s.id, UserID: who, Role: "admin", Version: 1}
		s.Succeed(events.MemberAdded{Membership: *part, At: moduletest.Start})
		s.joined[who] = part
	case r.IntN(2) == 0:
		part.Version++
		part.Role = []string{"member", "admin", "owner"}[r.IntN(3)]
		s.Succeed(events.MemberChanged{Membership: *part, At: moduletest.Start})
	default:
		s.Succeed(moduletest.Removed(*part))
		delete(s.joined, who)
	}
}
