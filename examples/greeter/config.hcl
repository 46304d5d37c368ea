# A host with the greeter plugin. Build the plugin first (see README.md), then,
# from the top of the repository:
#
#   go run ./cmd/butlerd serve -config examples/greeter/config.hcl

host {
  listen   = "127.0.0.1:8080"
  data_dir = "data"
  timezone = "UTC" # of all schedules that name no other
}

# The label is the name that the plugin gives itself. The path is relative to
# this file; on Windows the ending .exe may be left out.
plugin "greeter" {
  path = "greeter"
}

# Greets every 10 seconds. Six fields: the first one is seconds.
schedule "greet-ada" {
  cron = "*/10 * * * * *"

  # The label is the type of the action; the arguments are the fields of Greet
  # in main.go. A wrong one is reported with its line when the file is loaded.
  action "greet" {
    name  = "Ada"
    times = 3
    pause = "500ms"
  }
}

# For trying out failures: start it over the API when you like.
schedule "greet-and-fail" {
  cron          = "@hourly"
  startup_state = "stopped"
  timeout       = "30s"

  action "greet" {
    name     = "Grace"
    greeting = "Good morning"
    fail     = "always"
  }

  # What follows a failure. parent is the run that failed.
  on_failure {
    action "greet" {
      name     = "operations"
      greeting = "${parent.schedule_name} failed (${parent.error}), ${parent.failures} times in a row, dear"
    }
  }
}
