// The lists of http_list in what reads them in earnest, where Debian has it.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>

#include "agent/feeds/stix_bundle.h"
#include "platform/subprocess.h"
#include "tests/exporters/http_list_formats.h"
#include "tests/peers/dns_server.h"
#include "tests/peers/peers.h"
#include "tests/platform/temporary_folder.h"

namespace exporters::http_list {
namespace {

class HttpListConsumersTest : public testing::Test {
 protected:
  std::filesystem::path Write(const std::string& name, const std::string& bytes) {
    std::ofstream(folder_ / name) << bytes;
    return folder_ / name;
  }
  platform::testing::TemporaryFolder folder_;
};

TEST_F(HttpListConsumersTest, NodeRunsThePacFile) {
  const auto node = peers::Find("node");
  if (!node) GTEST_SKIP() << "no node";
  const auto script =
      Write("test.js",
            BytesOf("pac", {"domain evil.example", "domain proto.example"}) +
                "console.log(['evil.example', 'WWW.evil.example.', 'notevil.example', "
                "'example', 'toString', '__proto__'].map(h => FindProxyForURL('', h)).join());");
  const auto output = platform::Run({node->string(), script.string()}, {});
  ASSERT_TRUE(output) << output.error().detail;
  EXPECT_EQ(output->out, "PROXY 127.0.0.1:9,PROXY 127.0.0.1:9,DIRECT,DIRECT,DIRECT,DIRECT\n")
      << output->err;
}

TEST_F(HttpListConsumersTest, NodeReadsTheJson) {
  const auto node = peers::Find("node");
  if (!node) GTEST_SKIP() << "no node";
  std::vector<std::string> lines = mixed;
  lines.push_back("url http://a.example/?x=\\");
  const auto list = Write("list.json", BytesOf("json", lines));
  const auto empty = Write("empty.json", BytesOf("json", {}));
  const auto script = Write("read.js",
                            "for (const f of process.argv.slice(2)) console.log(JSON.parse(require("
                            "'fs').readFileSync(f)).indicators.map(i => i.value).join());");
  const auto output =
      platform::Run({node->string(), script.string(), list.string(), empty.string()}, {});
  ASSERT_TRUE(output) << output.error().detail;
  EXPECT_EQ(output->out,
            "evil.example,xn--bcher-kva.example,192.0.2.1,198.51.100.0/24,2001:db8::/32,"
            "http://a.example/?x=\\,http://a.example/x?y=1,2,https://192.0.2.9:8443/\n\n")
      << output->err;
}

TEST_F(HttpListConsumersTest, PythonReadsTheCsvAndTheDataset) {
  if (!platform::Run({"python3", "--version"}, {})) GTEST_SKIP() << "there is no python3";
  const auto script = Write("read.py",
                            "import base64, csv, sys\n"
                            "rows = list(csv.reader(open(sys.argv[1], newline='')))\n"
                            "print([len(row) for row in rows], [row[1] for row in rows])\n"
                            "rows = list(csv.reader(open(sys.argv[2], newline='')))\n"
                            "print([len(row) for row in rows])\n"
                            "print([base64.b64decode(line, validate=True).decode()"
                            " for line in open(sys.argv[3]).read().split()])\n");
  const std::vector<std::string> lines{"domain -x.example", "url http://a.example/?x=1,2"};
  const auto output =
      platform::Run({"python3", script.string(), Write("l.csv", BytesOf("csv", lines)),
                     Write("c.csv", BytesOf("checkpoint", {"ip 198.51.100.0/24"})),
                     Write("d.txt", BytesOf("suricata_dataset", lines))},
                    {});
  ASSERT_TRUE(output) << output.error().detail;
  EXPECT_EQ(output->out,
            "[2, 2, 2] ['value', \"'-x.example\", 'http://a.example/?x=1,2']\n"
            "[7, 7]\n['-x.example']\n")
      << output->err;
}

TEST_F(HttpListConsumersTest, OurOwnStixReaderTakesTheBundleWhole) {
  std::vector<std::string> lines = mixed;
  lines.push_back("ip 2001:db8:1::7/128");
  lines.push_back("url http://b.example/'x'?y=\\");
  const auto bundle = agent::feeds::ParseStix(BytesOf("stix", lines), {}, 100);
  ASSERT_TRUE(bundle) << bundle.error().detail;
  std::vector<std::string> read;
  for (const auto& seen : bundle->observations) read.push_back(policy::LineOf(seen.indicator));
  std::sort(read.begin(), read.end());
  std::sort(lines.begin(), lines.end());
  EXPECT_EQ(read, lines);
}

// What a kernel that is given addresses and prefixes makes of a list of them.
TEST_F(HttpListConsumersTest, IprangeReadsTheListsOfAddresses) {
  const auto iprange = peers::Find("iprange");
  if (!iprange) GTEST_SKIP() << "no iprange; run ./dev test, or deploy/dev/peers.sh";
  const std::vector<std::string> lines{"ip 192.0.2.1/32", "ip 198.51.100.0/24"};
  for (const char* format : {"text", "panos_ip", "fortigate", "cisco_si", "pf", "juniper"}) {
    platform::RunOptions options;
    options.input = BytesOf(format, lines);
    const auto output = platform::Run({iprange->string()}, options);
    ASSERT_TRUE(output) << output.error().detail;
    EXPECT_EQ(output->out, "192.0.2.1\n198.51.100.0/24\n") << format << output->err;
  }
}

// Names that a resolver answers for itself, so that a test needs no other.
constexpr const char* neighbour = "notevil.example";

class Dnsmasq : public peers::DnsServer {
 public:
  Dnsmasq(const std::string& option, const std::string& list) : DnsServer(peers::FreePort()) {
    peers::WriteText(folder_ / "list", list);
    Launch({peers::RequirePeer("dnsmasq"), "--keep-in-foreground", "--no-resolv", "--no-hosts",
            "--user=root", "--listen-address=127.0.0.1", "--bind-interfaces",
            "--port=" + std::to_string(port()), "--pid-file=" + (folder_ / "pid").string(),
            "--host-record=ns,127.0.0.1", "--host-record=notevil.example,192.0.2.80",
            option + (folder_ / "list").string()});
  }
};

class Unbound : public peers::DnsServer {
 public:
  explicit Unbound(const std::string& list) : DnsServer(peers::FreePort()) {
    peers::WriteText(folder_ / "list.conf", list);
    const std::string folder = folder_.path().string();
    peers::WriteText(folder_ / "unbound.conf",
                     "server:\n  directory: \"" + folder +
                         "\"\n  username: \"\"\n  chroot: \"\"\n  pidfile: \"\"\n  use-syslog: no\n"
                         "  logfile: \"" +
                         folder + "/server.log\"\n  interface: 127.0.0.1@" +
                         std::to_string(port()) +
                         "\n  local-data: \"ns. A 127.0.0.1\"\n"
                         "  local-data: \"notevil.example. A 192.0.2.80\"\n"
                         "include: \"" +
                         folder + "/list.conf\"\n");
    Launch({peers::RequirePeer("unbound"), "-d", "-c", folder_ / "unbound.conf"});
  }
};

TEST_F(HttpListConsumersTest, UnboundBlocksTheNamesAndNoOthers) {
  if (!peers::Find("unbound")) GTEST_SKIP() << "no unbound; run ./dev test, or deploy/dev/peers.sh";
  const Unbound unbound(BytesOf("unbound", mixed));
  EXPECT_EQ(unbound.Status("evil.example"), "NXDOMAIN");
  EXPECT_EQ(unbound.Status("www.evil.example"), "NXDOMAIN");
  EXPECT_EQ(unbound.Short(neighbour, "A"), "192.0.2.80\n");
  const Unbound empty(BytesOf("unbound", {}));
  EXPECT_EQ(empty.Short(neighbour, "A"), "192.0.2.80\n");
}

TEST_F(HttpListConsumersTest, DnsmasqBlocksTheNamesAndNoOthers) {
  if (!peers::Find("dnsmasq")) GTEST_SKIP() << "no dnsmasq; run ./dev test, or deploy/dev/peers.sh";
  const Dnsmasq dnsmasq("--conf-file=", BytesOf("dnsmasq", mixed));
  EXPECT_EQ(dnsmasq.Status("evil.example"), "NXDOMAIN");
  EXPECT_EQ(dnsmasq.Status("www.evil.example"), "NXDOMAIN");
  EXPECT_EQ(dnsmasq.Short(neighbour, "A"), "192.0.2.80\n");
  const Dnsmasq empty("--conf-file=", BytesOf("dnsmasq", {}));
  EXPECT_EQ(empty.Short(neighbour, "A"), "192.0.2.80\n");
}

TEST_F(HttpListConsumersTest, AHostsFileLeadsTheNamesToNowhere) {
  if (!peers::Find("dnsmasq")) GTEST_SKIP() << "no dnsmasq; run ./dev test, or deploy/dev/peers.sh";
  const Dnsmasq dnsmasq("--addn-hosts=", BytesOf("hosts", mixed));
  EXPECT_EQ(dnsmasq.Short("evil.example", "A"), "0.0.0.0\n");
  EXPECT_EQ(dnsmasq.Short(neighbour, "A"), "192.0.2.80\n");
}

}  // namespace
}  // namespace exporters::http_list
