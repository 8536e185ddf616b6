package generate

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
)

// undo is what has been made, files and folders, in order.
type undo struct{ made []string }

// write makes a file that is not there yet, and the folders above it.
func (u *undo) write(file string, text []byte) error {
	if err := u.mkdir(filepath.Dir(file)); err != nil {
		return err
	}
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644) //nolint:gosec // a source tree
	if err != nil {
		return err
	}
	u.made = append(u.made, file)
	_, err = f.Write(text)
	return errors.Join(err, f.Close())
}

func (u *undo) mkdir(dir string) error {
	err := os.Mkdir(dir, 0o755) //nolint:gosec // a source tree
	switch {
	case err == nil:
		u.made = append(u.made, dir)
	case errors.Is(err, fs.ErrExist):
		return nil // or it is a file, and then writing below it fails
	case errors.Is(err, fs.ErrNotExist):
		if err := u.mkdir(filepath.Dir(dir)); err != nil {
			return err
		}
		return u.mkdir(dir)
	}
	return err
}

// back removes what was made. A folder in which there is something else by now stays.
func (u *undo) back() (err error) {
	for _, path := range slices.Backward(u.made) {
		err = errors.Join(err, os.Remove(path))
	}
	return err
}

// replace puts a text in the place of a file's, whole or not at all.
func replace(file string, text []byte) error {
	info, err := os.Stat(file)
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(file), ".module-*")
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	if err = errors.Join(err, f.Chmod(info.Mode().Perm()), f.Close()); err == nil {
		err = os.Rename(f.Name(), file)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}
