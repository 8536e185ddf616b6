package httpserver

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/validation"

	"fasttrack/shared/errs"
)

// setGlobals makes huma, whose settings belong to the whole process, speak as this API does. It is the one place that
// touches them.
var setGlobals = sync.OnceFunc(func() {
	huma.ValidateStrictCasing = true
	huma.DefaultArrayNullable = false
	huma.ErrorFormatter = formatWithoutCauses
	huma.NewError = func(status int, detail string, causes ...error) huma.StatusError {
		return refusal(&request{}, nil, status, detail, causes)
	}
	huma.NewErrorWithContext = func(ctx huma.Context, status int, detail string, causes ...error) huma.StatusError {
		req := requestFrom(ctx.Context())
		return refusal(req, req.complaints, status, detail, causes)
	}

	validation.MsgUnexpectedProperty = "is not known"
	validation.MsgExpectedRequiredProperty = requiredPrefix + "%s"
	validation.MsgExpectedString = "must be a string"
	validation.MsgExpectedBoolean = "must be true or false"
	validation.MsgExpectedInteger = "must be a whole number"
	validation.MsgExpectedNumber = "must be a number"
	validation.MsgExpectedArray = "must be an array"
	validation.MsgExpectedObject = "must be an object"
	validation.MsgExpectedOneOf = "must be one of: %s"
	validation.MsgExpectedConst = "must be %v"
	validation.MsgExpectedRFC3339DateTime = messageTime
	validation.MsgExpectedRFC4122UUID = messageUUID
	validation.MsgExpectedRFC5322Email = "must be an e-mail address"
	validation.MsgExpectedRFC5322EmailBare = "must be an e-mail address"
	validation.MsgExpectedMinimumNumber = "must be at least %v"
	validation.MsgExpectedMaximumNumber = "must be at most %v"
	validation.MsgExpectedMinLength = "must have at least %d characters"
	validation.MsgExpectedMaxLength = "must have at most %d characters"
	validation.MsgExpectedMinItems = "must have at least %d items"
	validation.MsgExpectedMaxItems = "must have at most %d items"
	validation.MsgExpectedBePattern = "must be %s"
	validation.MsgExpectedMatchPattern = "must match %s"
	validation.MsgExpectedArrayItemsUnique = "must not repeat an item"
})

const (
	messageUUID = "must be a UUID such as 0198c7a2-3b1e-7c11-9a44-0c1b8e0f2d55"
	// requiredPrefix marks huma's complaint about a missing member, whose location is that of the object around it.
	requiredPrefix = "is required: "
)

// formatWithoutCauses is fmt.Sprintf but for errors, which it drops: they quote the value.
func formatWithoutCauses(format string, args ...any) string {
	args = slices.DeleteFunc(slices.Clone(args), func(a any) bool { _, is := a.(error); return is })
	if strings.Count(format, "%") > len(args) {
		return strings.TrimSuffix(format, ": %v")
	}
	return fmt.Sprintf(format, args...)
}

// refusal turns what huma says about a request that it could not read into our document. A handler's error never comes
// here: it has been mapped before huma sees it.
func refusal(req *request, also []errs.Field, status int, detail string, causes []error) *Problem {
	if slices.ContainsFunc(causes, isTooLarge) {
		return newProblem(req, http.StatusRequestEntityTooLarge, codePayloadTooLarge, "the body is too large")
	}
	switch status {
	case http.StatusRequestEntityTooLarge:
		return newProblem(req, status, codePayloadTooLarge, "the body is too large")
	case http.StatusUnsupportedMediaType:
		return newProblem(req, status, codeUnsupportedMediaType, detailMediaType)
	case http.StatusRequestTimeout:
		return newProblem(req, status, codeRequestTimeout, "the body did not arrive in time")
	case http.StatusBadRequest, http.StatusInternalServerError:
		about := errs.Field{Location: "body"}
		switch syntax, ok := syntaxOf(causes); {
		case ok && syntax.location != "":
			detail, about = "the body cannot be understood", errs.Field{Location: syntax.location, Message: syntax.message}
		case ok:
			detail, about.Message = syntax.message, syntax.message
		case detail != "request body is required": // what is left is a body that broke off
			detail, about.Message = "the body could not be read", "the body could not be read"
		default:
			detail, about.Message = "the request needs a body", "the request needs a body"
		}
		return newProblem(req, http.StatusBadRequest, codeMalformed, detail, about)
	}
	if status != http.StatusUnprocessableEntity {
		return newProblem(req, status, codeInternal, http.StatusText(status))
	}
	err, _ := errors.AsType[*errs.Error](errs.InvalidFields(fieldsOf(also, causes)...))
	if err == nil {
		return newProblem(req, status, errs.CodeValidationFailed, detail)
	}
	return problemOf(req, err)
}

// syntaxOf looks for a [syntaxError] through details as well, in which huma keeps a cause as text only.
func syntaxOf(causes []error) (*syntaxError, bool) {
	for _, cause := range causes {
		if e, ok := errors.AsType[*syntaxError](cause); ok {
			return e, true
		}
		if d, ok := cause.(*huma.ErrorDetail); ok { //nolint:errorlint // huma never wraps its details
			return parseSyntaxError(d.Message), true
		}
	}
	return nil, false
}

// fieldsOf collects the complaints, one for each location, in the order of their locations; values are left out.
func fieldsOf(also []errs.Field, causes []error) []errs.Field {
	fields := slices.Clone(also)
	for _, cause := range causes {
		d, ok := cause.(*huma.ErrorDetail) //nolint:errorlint // huma never wraps its details
		if !ok {
			continue
		}
		f := errs.Field{Location: d.Location, Message: strings.TrimPrefix(d.Message, "invalid value: ")}
		if name, missing := strings.CutPrefix(d.Message, requiredPrefix); missing {
			f = errs.Field{Location: d.Location + "." + name, Message: "is required"}
		} else if strings.HasPrefix(d.Message, "required ") {
			f.Message = "is required"
		}
		switch f.Message {
		case "invalid integer":
			f.Message = validation.MsgExpectedInteger
		case "invalid boolean":
			f.Message = validation.MsgExpectedBoolean
		}
		fields = append(fields, f)
	}
	slices.SortStableFunc(fields, func(a, b errs.Field) int { return strings.Compare(a.Location, b.Location) })
	return slices.CompactFunc(fields, func(a, b errs.Field) bool { return a.Location == b.Location })
}
