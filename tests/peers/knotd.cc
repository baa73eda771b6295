#include "tests/peers/knotd.h"

#include <fmt/format.h>

#include <fstream>
#include <sstream>
#include <stdexcept>
#include <utility>

#include "tests/peers/peers.h"

namespace peers {
namespace {

namespace fs = std::filesystem;

// Throws if the shipped file no longer says what the test would replace.
void Replace(std::string& text, const std::string& from, const std::string& to) {
  std::size_t at = text.find(from);
  if (at == text.npos) throw std::runtime_error("knot.conf has no \"" + from + "\"");
  for (; at != text.npos; at = text.find(from, at + to.size())) text.replace(at, from.size(), to);
}

}  // namespace

std::unique_ptr<Knotd> Knotd::Start(const fs::path& zone_file, const fs::path& root_zone,
                                    std::size_t parts) {
  const auto program = Find("knotd");
  if (!program) return nullptr;
  std::unique_ptr<Knotd> knotd(new Knotd(zone_file, root_zone, parts));
  for (const std::string& name : knotd->policy_zones()) {
    WriteText(knotd->FileOf(name), fmt::format("$ORIGIN {}.\n@ SOA localhost. h.localhost. 1 60 30 "
                                               "60 60\n@ NS localhost.\n",
                                               name));
  }
  knotd->WriteConfiguration();
  knotd->Launch({program->string(), "-c", knotd->folder_ / "knot.conf"});
  return knotd;
}

Knotd::Knotd(fs::path zone_file, fs::path root_zone, std::size_t parts)
    : DnsPrimary(FreePort(), parts),
      zone_file_(std::move(zone_file)),
      root_zone_(std::move(root_zone)) {}

// "p3.rpz.test" in "p3.rpz.test.zone".
fs::path Knotd::FileOf(const std::string& policy_zone) const {
  const std::string label = policy_zone.substr(0, policy_zone.find("rpz.test"));
  return zone_file_.parent_path() / (label + zone_file_.filename().string());
}

void Knotd::WriteConfiguration() const {
  std::ostringstream shipped;
  shipped << std::ifstream(SEKISHO_SOURCE_DIR "/deploy/knot/knot.conf").rdbuf();
  std::string text = shipped.str();
  const std::string folder = folder_.path().string();
  const std::size_t first = text.find("  - domain: rpz.sekisho");
  const std::string shipped_zone = text.substr(first, text.find("\nserver:") - first);
  std::string zones;
  for (const std::string& name : policy_zones()) {
    std::string zone = shipped_zone;
    Replace(zone, "/var/lib/sekisho/dns/rpz.sekisho.zone", FileOf(name).string());
    Replace(zone, "domain: rpz.sekisho", "domain: " + name);
    zones += zone;
  }
  Replace(text, shipped_zone, zones);
  Replace(text, "\nzone:\n",
          fmt::format("\nzone:\n  - domain: .\n    file: {}\n", root_zone_.string()));
  Replace(text, "sekisho-secondaries", "sekisho");
  Replace(text, "c2VraXNobyBleGFtcGxlIGtleSwgbWFrZSB5b3VyIG93bg==", key_secret);
  Replace(text, "\nremote:\n", "\nremote:\n" + remotes_);
  Replace(text, "    notify: [resolver]\n",
          notified_.empty() ? "" : "    notify: [" + notified_ + "]\n");
  Replace(text, "  # - id: unbound # has no TSIG\n  #   address: 192.0.2.54\n  #   action",
          "  - id: unbound\n    address: 127.0.0.1\n    action");
  Replace(text, "acl: [exporter, secondaries]", "acl: [exporter, secondaries, unbound]");
  Replace(text, "127.0.0.1@5353", fmt::format("127.0.0.1@{}", port()));
  Replace(text, "/run/knot", folder);
  Replace(text, "/var/lib/knot", folder);
  Replace(text, "  user: knot:knot\n", "");
  Replace(text, "target: syslog", "target: stderr");
  WriteText(folder_ / "knot.conf", text);
}

void Knotd::Notify(const DnsServer& secondary, bool with_key) {
  const std::string id = fmt::format("r{}", secondary.port());
  remotes_ += fmt::format("  - id: {}\n    address: 127.0.0.1@{}\n{}", id, secondary.port(),
                          with_key ? "    key: sekisho\n" : "");
  notified_ += (notified_.empty() ? "" : ", ") + id;
  WriteConfiguration();
  const auto output =
      platform::Run({RequirePeer("knotc"), "-s", folder_ / "knot.sock", "reload"}, {});
  if (!output || output->exit_code != 0) throw std::runtime_error("knotc reload: " + Log());
}

std::string Knotd::ExporterSettings(const std::string& more,
                                    const std::vector<std::string>& resolvers) const {
  WriteText(folder_ / "exporter.key",
            "key \"sekisho-exporter\" { algorithm hmac-sha256; secret "
            "\"c2VraXNobyBleGFtcGxlIGV4cG9ydGVyJ3Mga2V5LCBtYWtlIHlvdXIgb3du\"; };\n");
  std::string asked;
  for (const std::string& one : resolvers) asked += "\n  - " + one;
  return fmt::format(
      "zone: rpz.test\nparts: {}\nprimary: {}\nresolvers:{}\nzone_file: {}\ntsig_key_file: {}\n"
      "knot: {{knotc: {}, socket: {}, kzonecheck: {}}}\n{}",
      policy_zones().size(), address(), asked, zone_file_.string(),
      (folder_ / "exporter.key").string(), RequirePeer("knotc"), (folder_ / "knot.sock").string(),
      RequirePeer("kzonecheck"), more);
}

std::vector<std::string> Knotd::Reload() const {
  return {RequirePeer("knotc"), "-s", folder_ / "knot.sock", "-b", "zone-reload", "rpz.test"};
}

std::string Knotd::ReloadCommand() const {
  return fmt::format("[{}]", fmt::join(Reload(), ", "));
}

}  // namespace peers
