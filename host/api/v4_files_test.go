package api

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"butlerd/host/config"
	"butlerd/host/files"
)

// approvedFiles are directories in which everything is approved, with a file each.
func approvedFiles(t *testing.T) (dir string, change func(*Options)) {
	t.Helper()
	dir = filepath.ToSlash(t.TempDir())
	for _, name := range []string{"from/a.txt", "from/b#.txt", "from/sub/c.txt", "to/old.txt", "del/d.txt", "made/file", "secret/s.txt"} {
		if err := writeAt(filepath.Join(dir, name), name, noon); err != nil {
			t.Fatal(err)
		}
	}
	settings := config.API{Files: files.Approved{
		Copy: []files.Pair{{From: dir + "/from", To: dir + "/to"}}, Move: []files.Pair{{From: dir + "/from", To: dir + "/to"}},
		Delete: []string{dir + "/del"}, Create: []string{dir + "/made"}, QVD: dir + "/qvd",
	}}
	return dir, func(o *Options) { o.Settings = func() config.API { return settings } }
}

func TestFiles(t *testing.T) {
	t.Parallel()
	dir, change := approvedFiles(t)
	b := setup(t, change)
	request := func(name, method, path, body string, status int, says string) scenario {
		return scenario{name: name, method: method, path: path, body: strings.ReplaceAll(body, "$", dir), header: []string{asJSON}, status: status, says: []string{strings.ReplaceAll(says, "$", dir)}}
	}
	tooLong := strings.Repeat("x", maxFilePath)
	b.play(t, []scenario{
		request("copies with %23 for # and backslashes", "PUT", "/v4/filecopy", `{"fromFile":"$\\from\\b%23.txt","toFile":"$/to/b%23.txt"}`, 201, `{"fromFile":"$/from/b#.txt","toFile":"$/to/b#.txt","overwrite":false,"preserveTimestamp":false}`),
		request("says why a directory is in the way", "PUT", "/v4/filecopy", `{"fromFile":"$/from/a.txt","toFile":"$/to/old.txt/x"}`, 400, `Failed copying file: a part of the path is not a directory`),
		request("says why it copies nothing into itself", "PUT", "/v4/filecopy", `{"fromFile":"$/from/a.txt","toFile":"$/to/old.txt"}`, 400, `toFile exists already, and overwrite is false`),
		request("refuses relative paths", "PUT", "/v4/filecopy", `{"fromFile":"from/a.txt","toFile":"$/to/x"}`, 403, `No approved fromDir/toDir for file copy`),
		request("refuses NUL", "PUT", "/v4/filecopy", `{"fromFile":"$/from/a\u0000","toFile":"$/to/x"}`, 400, `body/fromFile must not contain NUL`),
		request("refuses paths beyond all bounds", "PUT", "/v4/filecopy", `{"fromFile":"$/from/a","toFile":"/`+tooLong+`"}`, 400, `body/toFile must not be longer than`),
		request("refuses names beyond the file system's bounds", "PUT", "/v4/filecopy", `{"fromFile":"$/from/a.txt","toFile":"$/to/`+tooLong[:300]+`"}`, 400, `too long`),
		request("refuses objects", "PUT", "/v4/filemove", `{"fromFile":{},"toFile":"$/to/x"}`, 400, `body/fromFile must be string`),
		request("refuses words for truth", "PUT", "/v4/filemove", `{"fromFile":"$/from/a.txt","toFile":"$/to/x","overwrite":"ja"}`, 400, `body/overwrite must be boolean`),
		request("moves onto nothing that is there", "PUT", "/v4/filemove", `{"fromFile":"$/from/a.txt","toFile":"$/to/old.txt","overwrite":null}`, 400, `toFile exists already`),
		request("moves with the text true", "PUT", "/v4/filemove", `{"fromFile":"$/from/a.txt","toFile":"$/to/old.txt","overwrite":"true"}`, 201, `{"fromFile":"$/from/a.txt","toFile":"$/to/old.txt","overwrite":true}`),
		request("moves no longer what is gone", "PUT", "/v4/filemove", `{"fromFile":"$/from/a.txt","toFile":"$/to/old.txt"}`, 400, `fromFile does not exist`),
		request("deletes with a list of one", "DELETE", "/v4/filedelete", `{"deleteFile":["$/del/d.txt"]}`, 204, ``),
		request("makes a directory", "POST", "/v4/createdir", `{"directory":"$\\made\\x"}`, 201, `{"directory":"`+dir+`\\made\\x"}`),
		request("says what is in a directory's place", "POST", "/v4/createdir", `{"directory":"$/made/file"}`, 400, `Failed to create directory: a part of the path is not a directory`),
		request("says where directories are made", "POST", "/v4/createdir", `{"directory":"$/secret/x"}`, 403, `those that the configuration lists under create`),
		request("makes QVD directories in their place", "POST", "/v4/createdirqvd", `{"directory":""}`, 201, `{"directory":""}`),
		request("makes none elsewhere", "POST", "/v4/createdirqvd", `{"directory":"../x"}`, 403, `Directory must be within the QVD folder`),
	})
	for name, there := range map[string]bool{"to/b#.txt": true, "from/a.txt": false, "del/d.txt": false, "made/x": true, "qvd": true} {
		if _, err := os.Stat(filepath.Join(dir, name)); (err == nil) != there {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestFilesWithoutApproval(t *testing.T) {
	t.Parallel()
	setup(t, nil).play(t, []scenario{
		{name: "are not copied", method: "PUT", path: "/v4/filecopy", body: `{"fromFile":"/etc/hostname","toFile":"/nosuch/x"}`, status: 403},
		{name: "are not moved", method: "PUT", path: "/v4/filemove", body: `{"fromFile":"/etc/hostname","toFile":"/nosuch/x"}`, status: 403},
		{name: "are not deleted", method: "DELETE", path: "/v4/filedelete", body: `{"deleteFile":"/nosuch/x"}`, status: 403},
		{name: "are no directories", method: "POST", path: "/v4/createdir", body: `{"directory":"/nosuch/x"}`, status: 403},
		{name: "are no QVD directories", method: "POST", path: "/v4/createdirqvd", body: `{"directory":"x"}`, status: 403, says: []string{"the configuration names none under qvd"}},
	})
}

// TestFilesThatCannotBeWritten is about what the operating system says.
func TestFilesThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	if os.Getuid() <= 0 {
		t.Skip("whoever runs this may write everywhere, or the system is Windows")
	}
	dir, change := approvedFiles(t)
	if err := os.Chmod(dir+"/to", 0o500); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Chmod(dir+"/to", 0o700) })
	setup(t, change).play(t, []scenario{{
		name: "are told in its words, without paths", method: "PUT", path: "/v4/filecopy", body: `{"fromFile":"` + dir + `/from/a.txt","toFile":"` + dir + `/to/x"}`,
		status: 500, says: []string{"Failed copying file: permission denied"}, hides: []string{"butlerd-"},
	}})
}

// writeAt makes a file of a certain age.
func writeAt(path, text string, at time.Time) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		return err
	}
	return os.Chtimes(path, at, at)
}
