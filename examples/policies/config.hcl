# A host whose schedules show what policies do, within a minute. README.md, section
# "Nothing missed, nothing doubled", plays with it. Build the plugin first, then,
# from the top of the repository:
#
#   go build -o examples/greeter/greeter ./examples/greeter
#   go run ./cmd/butlerd serve -config examples/policies/config.hcl

host {
  listen   = "127.0.0.1:8080"
  data_dir = "data"
  timezone = "Europe/Stockholm"
}

# Two greetings at a time, whoever asks; what waits for a minute is given up.
pool "desk" {
  slots    = 2
  max_wait = "1m"
}

plugin "greeter" {
  path = "../greeter/greeter"
  pool = "desk"
}

# After an outage of less than an hour the last two of the missed firings are run; the
# others are recorded as missed.
schedule "steady" {
  cron              = "*/5 * * * * *"
  overlap           = "queue"
  expected_duration = "1s"

  catch_up {
    mode   = "all"
    within = "1h"
    limit  = 2
  }
  action "greet" {
    name  = "Ada"
    pause = "1s"
  }
}

# Each run takes longer than the time between two firings: every other one is
# skipped.
schedule "slow" {
  cron              = "*/10 * * * * *"
  tags              = ["demo"]
  overlap           = "skip"
  expected_duration = "12s"

  action "greet" {
    name  = "Grace"
    times = 12
    pause = "1s"
  }
}

# The first attempt fails, and the second one does not. A host that dies meanwhile
# leaves a run of which nobody knows the end: it is made again.
schedule "shaky" {
  cron    = "*/30 * * * * *"
  tags    = ["demo"]
  timeout = "10s"
  on_lost = "retry"

  retry {
    attempts = 3
    backoff  = "2s"
  }
  action "greet" {
    name = "Edsger"
    fail = "once"
  }
  on_success {
    start = ["after-shaky"]
  }
}

# Started by the one above, and on working days at seven.
calendar "working-days" {
  weekdays = ["MON-FRI"]
  exclude  = ["holidays"]
}

calendar "holidays" {
  holidays = ["SE"]
}

schedule "after-shaky" {
  cron     = "0 7 * * *"
  calendar = "working-days"
  priority = 10

  action "greet" {
    name = "Barbara"
  }
}
