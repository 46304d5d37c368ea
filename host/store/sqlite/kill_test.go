package sqlite_test

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// victimOf, when set, is the database of a process that is there to be killed.
const victimOf = "BUTLERD_TEST_VICTIM_OF"

// kills is how often a host is killed in one test.
const kills = 20

func TestMain(m *testing.M) {
	if path := os.Getenv(victimOf); path != "" {
		if err := work(path, os.Getenv("BUTLERD_TEST_ROUND"), os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	os.Exit(m.Run())
}

// TestKill kills a host that writes, again and again, and sees each time that
// all it had acknowledged is there, once.
func TestKill(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "butlerd.db")
	all := nothingAcknowledged()
	for round := range kills {
		a := nothingAcknowledged()
		killAfter(t, path, round, 1+rand.IntN(150), a)
		all.add(a)
		if round == kills-1 {
			a = all
		}
		db := open(t, path)
		a.check(t, db)
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		if t.Failed() {
			t.Fatalf("after kill %d", round+1)
		}
	}
	if len(all.schedules) == 0 || len(all.claims) == 0 || len(all.ends) == 0 || len(all.lines) == 0 {
		t.Errorf("too little was done before the kills: %+v", all)
	}
}

// killAfter runs a host until it has acknowledged so many writes and kills it in
// the midst of others. What it acknowledged until its death counts.
func killAfter(t *testing.T, path string, round, writes int, a *acknowledged) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	victim := exec.Command(self)
	victim.Env = append(os.Environ(), victimOf+"="+path, fmt.Sprint("BUTLERD_TEST_ROUND=", round))
	victim.Stderr = os.Stderr
	out, err := victim.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := victim.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for n := 0; lines.Scan(); n++ {
		a.note(t, lines.Text())
		if n == writes {
			if err := victim.Process.Kill(); err != nil {
				t.Error(err)
			}
		}
	}
	if err := victim.Wait(); err == nil || victim.ProcessState.ExitCode() == 1 {
		t.Fatalf("the victim ended by itself: %v", err)
	}
}
