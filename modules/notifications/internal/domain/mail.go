package domain

import (
	"encoding/json"
	"fmt"
	"strings"
	"unicode"

	"fasttrack/shared/mail"
)

// IsMailed reports whether a notification is also told by mail.
func (n Notification) IsMailed() bool { return n.Type == TaskAssigned }

// longestSubject bounds how much of a title is in a subject, in characters.
const longestSubject = 120

// Mail returns what an assignee is written.
func (n Notification) Mail(address string) (mail.Message, error) {
	var data TaskData
	if err := json.Unmarshal(n.Data, &data); err != nil || n.Type != TaskAssigned {
		return mail.Message{}, fmt.Errorf("%w: notification %s is not of an assignment", mail.ErrInvalid, n.ID)
	}
	return mail.Message{
		To:      address,
		Subject: shortened("Assigned to you: "+line(data.Title), longestSubject),
		Text: fmt.Sprintf("%s assigned you a task in the project %s:\n\n    %s\n\nIts id is %s.\n",
			line(data.By), line(data.Project), line(data.Title), data.TaskID),
	}, nil
}

// line returns a text without line breaks, since whoever wrote it is not to write the rest of the mail.
func line(text string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == '\u2028' || r == '\u2029' {
			return ' '
		}
		return r
	}, text))
}

func shortened(text string, limit int) string {
	if runes := []rune(text); len(runes) > limit {
		return string(runes[:limit-1]) + "…"
	}
	return text
}
