# One file for all hosts that share the work. README.md tells how to try it with
# three hosts on one machine.

# What is each host's own comes from outside, so that the file can be the same
# everywhere: -var NAME=VALUE, or the environment variable BUTLERD_VAR_NAME.

variable "name" {
  type        = string
  default     = null
  description = "Name of the host; null: that of the machine"
}

variable "zone" {
  type        = string
  default     = "north"
  description = "Where the host is"
}

host {
  name     = var.name
  labels   = { zone = var.zone }
  timezone = "UTC"
}

# The database does all the coordination. Its URL may hold a password; it is shown
# nowhere.
store "postgres" {
  url = env("DATABASE_URL")

  # A host that was not heard of for so long has lost its runs, and the others take
  # over its work.
  lease = "10s"
}

# `butlerd qrs-simulator` makes these certificates, and listens on port 4242.
plugin "qlik-sense-reload" {
  config {
    host        = "127.0.0.1"
    port        = 4242
    client_cert = "data/qrs-simulator/client.pem"
    client_key  = "data/qrs-simulator/client_key.pem"
    root_cert   = "data/qrs-simulator/root.pem"
  }
}

# Three firings at one instant. Each is claimed by one host, whichever has a slot.
schedule "reload" {
  for_each = {
    app1 = "Reload task of App1"
    app2 = "Reload task of App2"
    app4 = "Reload task of App4"
  }
  cron = "*/20 * * * * *"

  action "qlik-sense-reload" {
    task_name = each.value
  }
}

# Only a host in the south may run this one. With none there, a firing waits for
# half a minute and is then recorded as missed.
schedule "south-only" {
  cron = "* * * * *"

  placement {
    labels = { zone = "south" }
    wait   = "30s"
  }
  action "qlik-sense-reload" {
    task_id = "fb0f317d-da91-4b86-aafa-0174ae1e8c8f"
  }
}
