package gormstore

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"fasttrack/adapters/database"
	"fasttrack/adapters/database/keyset"
	"fasttrack/modules/tasks/internal/domain"
	"fasttrack/shared/ids"
	"fasttrack/shared/text"
)

const (
	// textSeparator stands between title and description, neither of which can hold it.
	textSeparator = "\x1f"
	// trigram is how many characters a part of the index has. What is shorter is not in it.
	trigram = 3
	// fewCandidates is how many tasks are quicker looked up one by one than met on a walk along the list.
	fewCandidates = 1000
	// mostTrigrams is how many of them the index of SQLite is asked for. They choose; the comparison decides.
	mostTrigrams = 32
)

// searchText is what a task is searched by: its text without the case. Databases disagree about case beyond ASCII, so
// both sides of the comparison are folded here.
func searchText(s domain.State) string {
	return text.Fold(s.Title + textSeparator + s.Description)
}

// matching narrows a query to the tasks with this text in title or description.
//
// PostgreSQL decides by what it knows about the table whether to use the index on trigrams. SQLite knows nothing, so it
// is told: if the full-text index names few candidates they are looked up and sorted; what is in very many tasks is
// found soon enough in the order of the list. Texts under three characters are not in the index and are looked for in
// the order of the list on both.
func (s *Tasks) matching(ctx context.Context, q keyset.Select, wanted string) (keyset.Select, error) {
	wanted = text.Fold(text.Clean(wanted))
	if wanted == "" {
		return q, nil
	}
	q = q.Where(database.Contains("search_text", wanted))
	terms := trigrams(wanted)
	if len(terms) == 0 || s.db.Dialect() != database.SQLite {
		return q, nil
	}
	var candidates []ids.ID
	err := s.db.Conn(ctx).Raw(`SELECT x.task_id FROM task_search CROSS JOIN task_search_texts x ON x.id = task_search.rowid
		WHERE task_search MATCH ? AND x.task_id IS NOT NULL LIMIT ?`, strings.Join(terms, " AND "), fewCandidates+1).Scan(&candidates).Error
	switch {
	case err != nil:
		return q, fmt.Errorf("look for candidates: %w", err)
	case len(candidates) == 0:
		q = q.Where("FALSE")
	case len(candidates) <= fewCandidates:
		q = q.From("SELECT "+columns+" FROM tasks AS t INDEXED BY sqlite_autoindex_tasks_1").Where("t.id IN ?", candidates)
	}
	return q, nil
}

// trigrams returns what every text that contains the wanted one has in the index, as terms of FTS5.
func trigrams(wanted string) (terms []string) {
	runes := []rune(wanted)
	for i := 0; i+trigram <= len(runes) && len(terms) < mostTrigrams; i++ {
		term := `"` + strings.ReplaceAll(string(runes[i:i+trigram]), `"`, `""`) + `"`
		if !slices.Contains(terms, term) {
			terms = append(terms, term)
		}
	}
	return terms
}

// PurgeSearch implements ports.Tasks.
func (s *Tasks) PurgeSearch(ctx context.Context, limit int) (purged int, err error) {
	if s.db.Dialect() != database.SQLite {
		return 0, nil // PostgreSQL's index goes with the row
	}
	var dead []int64
	if err := s.db.Conn(ctx).Raw(`SELECT id FROM task_search_texts WHERE task_id IS NULL ORDER BY id LIMIT ?`, limit).
		Scan(&dead).Error; err != nil {
		return 0, fmt.Errorf("look for dead texts in the index: %w", err)
	}
	if len(dead) == 0 {
		return 0, nil
	}
	for _, statement := range []string{
		`DELETE FROM task_search WHERE rowid IN ?`, `DELETE FROM task_search_texts WHERE id IN ?`,
	} {
		if err := s.db.Conn(ctx).Exec(statement, dead).Error; err != nil {
			return 0, fmt.Errorf("take dead texts out of the index: %w", err)
		}
	}
	return len(dead), nil
}
