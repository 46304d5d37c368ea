# Made of the settings and schedules of Butler by `butlerd import butler`. Look at the
# report of the import, and check the file with `butlerd validate`.

host {
  listen = "192.168.1.168:8080"
  # Whoever reaches this address can run actions: there is no authentication, as there
  # was none in Butler.
  allow_remote_without_authentication = true
  timezone                            = "Europe/Stockholm"
}

plugin "qlik-sense-reload" {
  config {
    host           = "sense.example.com"
    port           = 4242
    client_cert    = "/etc/butler/cert/client.pem"
    client_key     = "/etc/butler/cert/client_key.pem"
    root_cert      = "cert/root.pem"
    user_directory = "LAB"
    user_id        = "butler"
    # As in Butler (rejectUnauthorized: false). Anybody in between can read and change all;
    # with root_cert, and server_name where needed, this line can go.
    insecure = true
  }
}

plugin "qlik-sense-app" {
  config {
    host           = "sense.example.com"
    port           = 4747
    client_cert    = "/etc/butler/cert/client.pem"
    client_key     = "/etc/butler/cert/client_key.pem"
    root_cert      = "cert/root.pem"
    user_directory = "Internal"
    user_id        = "sa_repository"
  }
}

plugin "mqtt" {
  config {
    broker = "tcp://mqtt.example.com:1883"
  }
}

plugin "slack" {
  config {
    # The address is a secret: whoever has it can post. Set the variable where butlerd runs.
    webhook_url = env("BUTLERD_SLACK_WEBHOOK_URL")
  }
}

api {
  disable = ["createDir", "fileDelete", "postNewRelicMetric", "getScheduleStatusAll"]
  start_task_filter {
    task_ids = ["0fe447a9-ba1f-44a9-ac23-68c3a1d88d8b"]
    tags     = ["startTask1", "$${tag} åäö"]
    custom_property {
      name  = "taskGroup"
      value = "tasks1"
    }
  }
  key_value_store {
    max_keys = 500
  }
  files {
    delete = ["e:\\data4"]
    qvd    = "/data/qvd"
    copy {
      from = "/data1/from_allowed"
      to   = "/data1/to_allowed"
    }
    move {
      from = "e:\\data3\\p q"
      to   = "\\\\server2\\path"
    }
  }
}

schedule "cf7a6918-01d3-423d-92b4-865accb63602" {
  # It says Europe/London, but Butler fired it by the clock of its machine; it stays so, in
  # Europe/Stockholm. If Europe/London was meant, change timezone here.
  name     = "Every 2 hours"
  created  = "2026-11-23T16:11:20.779Z"
  tags     = ["tag 3", "abc 123 åäö"]
  cron     = "0 */2 * * *"
  timezone = "Europe/Stockholm"
  overlap  = "allow"
  action "qlik-sense-reload" {
    task_id = "0fe447a9-ba1f-44a9-ac23-68c3a1d88d8b"
  }
}

schedule "d2f0cc76-2a27-4576-ac2f-180f63382271" {
  name          = "Every 5 sec"
  created       = "2026-11-23T16:11:20.92Z"
  cron          = "*/5 * * * * *"
  timezone      = "Europe/Stockholm"
  startup_state = "stopped"
  overlap       = "allow"
  action "qlik-sense-reload" {
    task_id = "0fe447a9-ba1f-44a9-ac23-68c3a1d88d8b"
  }
}
