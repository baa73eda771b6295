#include "tests/peers/internet.h"

#include <fmt/format.h>
#include <sched.h>

#include <string>

#include "tests/peers/peers.h"

namespace peers {
namespace {

constexpr const char* apex = "$TTL 60\n@ SOA ns. ns. 1 60 60 60 60\n";

// BIND listens on addresses that an interface has; the whole 127.0.0.0/8 answers anyhow.
bool BringUpLoopback() {
  const std::string ip = RequirePeer("ip");
  std::string commands = "link set lo up\n";
  for (int n = 1; n <= Internet::count; ++n) {
    for (int net = 1; net <= 2; ++net) {
      commands += fmt::format("addr add 127.0.{}.{}/8 dev lo\n", net, n);
    }
  }
  platform::RunOptions options;
  options.input = commands;
  const auto output = platform::Run({ip, "-batch", "-"}, options);
  return output && output->exit_code == 0;
}

}  // namespace

std::unique_ptr<Internet> Internet::Start() {
  const auto program = Find("named");
  if (!program || ::unshare(CLONE_NEWNET) != 0 || !BringUpLoopback()) return nullptr;
  std::unique_ptr<Internet> internet(new Internet);
  internet->WriteZones();
  internet->WriteConfiguration();
  internet->Launch({program->string(), "-f", "-n", "2", "-c", internet->folder_ / "named.conf"});
  return internet;
}

void Internet::WriteZones() const {
  std::string root =
      "$TTL 60\n. SOA ns. ns. 1 60 60 60 60\n. NS ns.\nns. A 127.0.0.1\n"
      "*.example. A 198.51.100.9\n"
      // Lame: that server knows no such zone.
      "lame.example. NS ns.lame.example.\nns.lame.example. A 127.0.1.1\n";
  for (int n = 1; n <= count; ++n) {
    root += fmt::format("a{0}.example. A 203.0.113.{0}\n", n);
    root += fmt::format(
        "d{0}.example. NS ns.lair{0}.example.\nns.lair{0}.example. A 127.0.1.{0}\n"
        "s{0}.example. NS ns.host{0}.example.\nns.host{0}.example. A 127.0.2.{0}\n",
        n);
    const std::string data = "* A 198.51.100.7\n";
    WriteText(folder_ / fmt::format("d{}.example", n),
              fmt::format("{}@ NS ns.lair{}.example.\n{}", apex, n, data));
    WriteText(folder_ / fmt::format("s{}.example", n),
              fmt::format("{}@ NS ns.host{}.example.\n{}", apex, n, data));
  }
  WriteText(folder_ / "root", root);
  WriteText(root_hints(), ". 3600 NS ns.\nns. 3600 A 127.0.0.1\n");
}

// Name servers that are asked at their own addresses know their own zones only, so that resolvers
// have to follow the delegation.
void Internet::WriteConfiguration() const {
  std::string zones;
  std::string addresses;
  for (int n = 1; n <= count; ++n) {
    addresses += fmt::format("127.0.1.{0}; 127.0.2.{0}; ", n);
    zones += fmt::format(
        "  zone \"d{0}.example\" {{ type primary; file \"d{0}.example\"; }};\n"
        "  zone \"s{0}.example\" {{ type primary; file \"s{0}.example\"; }};\n",
        n);
  }
  WriteText(folder_ / "named.conf",
            fmt::format(R"(options {{
  directory "{folder}"; managed-keys-directory "{folder}"; pid-file none; session-keyfile none;
  listen-on port 53 {{ 127.0.0.1; {addresses}}}; listen-on-v6 {{ none; }};
  recursion no; dnssec-validation no; notify no;
}};
controls {{ }};
view delegated {{
  match-destinations {{ {addresses}}};
{zones}}};
view root {{ zone "." {{ type primary; file "root"; }}; }};
)",
                        fmt::arg("folder", folder().string()), fmt::arg("addresses", addresses),
                        fmt::arg("zones", zones)));
}

}  // namespace peers
