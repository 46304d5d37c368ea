# Made of system.crontab by `butlerd import crontab`. Look at the report of the
# import, and check the file with `butlerd validate`.

plugin "exec" {
}

schedule "cd" {
  # Line 2: 17 * * * *
  # cron ran it as root.
  name     = "cd / && run-parts --report /etc/cron.hourly"
  tags     = ["crontab", "root"]
  cron     = "17 * * * *"
  timezone = "Europe/Stockholm"
  overlap  = "allow"
  action "exec" {
    command = ["/bin/sh", "-c", "cd / && run-parts --report /etc/cron.hourly"]
  }
}

schedule "php" {
  # Line 3: @weekly
  # cron ran it as www-data.
  name     = "php /srv/app/artisan prune"
  tags     = ["crontab", "www-data"]
  cron     = "@weekly"
  timezone = "Europe/Stockholm"
  overlap  = "allow"
  action "exec" {
    command = ["/bin/sh", "-c", "php /srv/app/artisan prune"]
  }
}
