#include "exporters/nginx/settings.h"

#include "policy/ip_prefix.h"

namespace exporters::nginx {
namespace {

// Goes into a configuration of nginx.
std::filesystem::path AbsolutePath(const config::Node& node) {
  const std::filesystem::path path = node.AsPath();
  if (!path.is_absolute() ||
      path.native().find_first_of(" \t\n\"'\\;{}$*?[") != std::string::npos) {
    node.Fail("must be an absolute path without blanks or characters that nginx gives a meaning");
  }
  return path;
}

void ReadProbe(const config::Node& node, Settings& settings) {
  const config::Node address = node.Optional("address");
  settings.probe_host = address.AsString("127.0.0.1");
  const auto parsed = policy::IpPrefix::Parse(settings.probe_host);
  if (!parsed || !parsed->is_address()) address.Fail("must be an IP address");
  settings.probe_port = static_cast<std::uint16_t>(node.Optional("port").AsInt(1, 65535, 80));
  settings.hangs_up = node.Optional("blocked_status").AsChoice({"403", "444"}) == 1;
  settings.samples = static_cast<std::size_t>(node.Optional("samples").AsInt(0, 1000, 8));
  settings.probe_timeout = node.Optional("timeout").AsDuration(std::chrono::seconds(5));
}

}  // namespace

policy::Result<Settings> ReadSettings(const config::Node& node) {
  Settings settings;
  settings.program = node.Optional("nginx").AsPath("/usr/sbin/nginx");
  settings.directory = AbsolutePath(node.Require("directory"));
  settings.pid_file = node.Optional("pid_file").AsPath("/run/nginx.pid");
  ReadProbe(node.Optional("probe"), settings);
  settings.check_timeout = node.Optional("check_timeout").AsDuration(std::chrono::seconds(60));
  settings.reload_timeout = node.Optional("reload_timeout").AsDuration(std::chrono::seconds(60));
  if (auto ok = node.Finish(); !ok) return tl::unexpected(ok.error());
  return settings;
}

}  // namespace exporters::nginx
