// The lists of http_list in what reads them in earnest, where Debian has it.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <memory>
#include <thread>

#include "agent/feeds/stix_bundle.h"
#include "platform/atomic_file.h"
#include "platform/subprocess.h"
#include "tests/exporters/http_list_formats.h"
#include "tests/peers/dns_server.h"
#include "tests/peers/netns.h"
#include "tests/peers/peers.h"
#include "tests/peers/squid.h"
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

class ListServer : public peers::DnsServer {
 public:
  // Takes another list as its administrator would have it do.
  void Reload(const std::string& list) {
    peers::WriteText(file_, list);
    Restart();
  }

 protected:
  ListServer(const std::string& file, const std::string& list)
      : DnsServer(peers::FreePort()), file_(folder_ / file) {
    peers::WriteText(file_, list);
  }

  std::filesystem::path file_;
};

class Dnsmasq : public ListServer {
 public:
  Dnsmasq(const std::string& option, const std::string& list) : ListServer("list", list) {
    Launch({peers::RequirePeer("dnsmasq"), "--keep-in-foreground", "--no-resolv", "--no-hosts",
            "--user=root", "--listen-address=127.0.0.1", "--bind-interfaces",
            "--port=" + std::to_string(port()), "--pid-file=" + (folder_ / "pid").string(),
            "--host-record=ns,127.0.0.1", "--host-record=notevil.example,192.0.2.80",
            option + file_.string()});
  }
};

class Unbound : public ListServer {
 public:
  explicit Unbound(const std::string& list) : ListServer("list.conf", list) {
    const std::string folder = folder_.path().string();
    peers::WriteText(folder_ / "unbound.conf",
                     "server:\n  directory: \"" + folder +
                         "\"\n  username: \"\"\n  chroot: \"\"\n  pidfile: \"\"\n  use-syslog: no\n"
                         "  logfile: \"" +
                         folder + "/server.log\"\n  interface: 127.0.0.1@" +
                         std::to_string(port()) +
                         "\n  local-data: \"ns. A 127.0.0.1\"\n"
                         // Nobody on the Internet is asked; the list's own zones are narrower.
                         "  local-zone: \"example.\" redirect\n"
                         "  local-data: \"example. A 192.0.2.80\"\n"
                         "include: \"" +
                         file_.string() + "\"\n");
    Launch({peers::RequirePeer("unbound"), "-d", "-c", folder_ / "unbound.conf"});
  }
};

// With the list, after a change of it, and once it is empty. `below`: the names below one, too.
void ExpectNamesBlocked(ListServer& server, const std::string& format, bool below) {
  const auto is_blocked = [&](const std::string& name) {
    const std::string answer = server.Short(name, "A");
    return server.Status(name) == "NXDOMAIN" || answer == "0.0.0.0\n";
  };
  EXPECT_TRUE(is_blocked("evil.example"));
  EXPECT_TRUE(!below || is_blocked("www.evil.example"));
  EXPECT_EQ(server.Short(neighbour, "A"), "192.0.2.80\n");
  server.Reload(BytesOf(format, {"domain other.example"}));
  EXPECT_TRUE(is_blocked("other.example"));
  EXPECT_FALSE(is_blocked("evil.example"));
  EXPECT_EQ(server.Short(neighbour, "A"), "192.0.2.80\n");
  server.Reload(BytesOf(format, {}));
  EXPECT_FALSE(is_blocked("other.example"));
  EXPECT_EQ(server.Short(neighbour, "A"), "192.0.2.80\n");
}

TEST_F(HttpListConsumersTest, UnboundBlocksTheNamesAndNoOthers) {
  if (!peers::Find("unbound")) GTEST_SKIP() << "no unbound; run ./dev test, or deploy/dev/peers.sh";
  Unbound unbound(BytesOf("unbound", mixed));
  ExpectNamesBlocked(unbound, "unbound", true);
}

TEST_F(HttpListConsumersTest, DnsmasqBlocksTheNamesAndNoOthers) {
  if (!peers::Find("dnsmasq")) GTEST_SKIP() << "no dnsmasq; run ./dev test, or deploy/dev/peers.sh";
  Dnsmasq dnsmasq("--conf-file=", BytesOf("dnsmasq", mixed));
  ExpectNamesBlocked(dnsmasq, "dnsmasq", true);
}

TEST_F(HttpListConsumersTest, AHostsFileLeadsTheNamesToNowhere) {
  if (!peers::Find("dnsmasq")) GTEST_SKIP() << "no dnsmasq; run ./dev test, or deploy/dev/peers.sh";
  Dnsmasq dnsmasq("--addn-hosts=", BytesOf("hosts", mixed));
  ExpectNamesBlocked(dnsmasq, "hosts", false);
}

// ---- lists of addresses, with the scripts of docs/devices/http_list_formats.md

std::string ScriptWith(const std::string& word) {
  const std::string page =
      platform::ReadFile(SEKISHO_SOURCE_DIR "/docs/devices/http_list_formats.md", 1 << 20).value();
  const std::string fence = "```sh\n";
  for (auto at = page.find(fence); at != page.npos; at = page.find(fence, at + 1)) {
    const auto begin = at + fence.size();
    std::string script = page.substr(begin, page.find("```", begin) - begin);
    if (script.find(word) != script.npos) return script;
  }
  return "exit 9";
}

class AddressConsumersTest : public HttpListConsumersTest {
 protected:
  void SetUp() override {
    for (const char* program : {"nft", "ipset", "iptables"}) {
      if (peers::Find(program)) continue;
      ASSERT_EQ(std::getenv("CI"), nullptr) << program;
      GTEST_SKIP() << "no " << program << "; run ./dev test, or deploy/dev/peers.sh";
    }
    auto network = peers::NetworkPair::Make();
    if (!network) GTEST_SKIP() << network.error().detail;
    network_ = std::move(*network);
  }

  // Inside, in the folder that has the list.
  void Sh(const std::string& script) {
    platform::RunOptions options;
    options.cwd = folder_.path();
    options.env["PATH"] = peers::Find("nft")->parent_path().string() + ":/usr/bin:/bin";
    const auto output = platform::Run(
        {peers::Find("ip")->string(), "netns", "exec", network_->inside(), "sh", "-ec", script},
        options);
    ASSERT_TRUE(output) << output.error().detail;
    ASSERT_EQ(output->exit_code, 0) << script << output->err;
  }

  void ExpectAddressesBlocked(const std::string& script) {
    const auto load = [&](const std::vector<std::string>& lines) {
      Write("ips.txt", BytesOf("pf", lines));
      Sh(script);
    };
    // A prefix and what is in it, as lists have them.
    load({"ip 198.51.100.7/32", "ip 203.0.113.0/25", "ip 203.0.113.64/26"});
    EXPECT_FALSE(network_->Reaches("198.51.100.7"));
    EXPECT_TRUE(network_->Reaches("198.51.100.8"));
    EXPECT_FALSE(network_->Reaches("203.0.113.127"));
    EXPECT_TRUE(network_->Reaches("203.0.113.128"));
    load({"ip 198.51.100.8/32"});
    EXPECT_TRUE(network_->Reaches("198.51.100.7"));
    EXPECT_FALSE(network_->Reaches("198.51.100.8"));
    EXPECT_TRUE(network_->Reaches("203.0.113.127"));
    load({});
    EXPECT_TRUE(network_->Reaches("198.51.100.8"));
  }

  std::unique_ptr<peers::NetworkPair> network_;
};

TEST_F(AddressConsumersTest, NftLoadsTheListAsASetAndDropsWhatIsInIt) {
  Sh("nft 'table inet fw {\n"
     "  set blocked { type ipv4_addr; flags interval; auto-merge; }\n"
     "  chain out { type filter hook output priority 0; ip daddr @blocked reject; }\n"
     "}'");
  ExpectAddressesBlocked(ScriptWith("nft -f"));
}

TEST_F(AddressConsumersTest, IpsetRestoresTheListAndIptablesDropsWhatIsInIt) {
  Sh("ipset create blocked hash:net maxelem 1000000\n"
     "iptables -A OUTPUT -m set --match-set blocked dst -j REJECT");
  ExpectAddressesBlocked(ScriptWith("ipset"));
}

TEST_F(HttpListConsumersTest, SquidDeniesTheAddressesOfTheFileAndNoOthers) {
  ASSERT_EQ(chmod(folder_.path().c_str(), 0755), 0);
  std::filesystem::create_directory(folder_ / "squid");
  // Squid leaves out what is wider than an entry before it, so the narrow one comes last.
  const auto for_squid = [&](const std::vector<std::string>& lines) {
    Write("ips.txt", BytesOf("text", lines));
    const std::string script = ScriptWith("ips-squid.txt");
    const auto sorted =
        platform::Run({"sh", "-euc", "cd '" + folder_.path().string() + "'\n" + script}, {});
    ASSERT_TRUE(sorted) << sorted.error().detail;
    ASSERT_EQ(sorted->exit_code, 0) << sorted->err;
  };
  for_squid({"ip 127.0.0.7/32", "ip 127.10.0.0/16", "ip 127.8.0.0/13", "ip 127.0.1.0/24"});
  const auto list = folder_ / "ips-squid.txt";
  const auto include = Write(
      "sekisho.conf", "acl sekisho dst \"" + list.string() + "\"\nhttp_access deny sekisho\n");
  auto squid = peers::Squid::Make(folder_ / "squid", include);
  if (!squid) {
    ASSERT_EQ(std::getenv("CI"), nullptr) << squid.error().detail;
    GTEST_SKIP() << squid.error().detail;
  }
  const auto started = (*squid)->Start();
  ASSERT_TRUE(started) << started.error().detail;
  const auto denies = [&](const std::string& address) {
    return peers::StatusThroughProxy((*squid)->port(), "http://" + address + ":9/") == 403;
  };
  const auto reload = [&](const std::vector<std::string>& changed, const std::string& address,
                          bool is_denied) {
    for_squid(changed);
    const auto output = platform::Run({(*squid)->program().string(), "-k", "reconfigure", "-f",
                                       (*squid)->config().string(), "-n", (*squid)->service_name()},
                                      {});
    ASSERT_TRUE(output) << output.error().detail;
    for (int i = 0; i < 200 && denies(address) != is_denied; ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
    EXPECT_EQ(denies(address), is_denied);
  };
  EXPECT_TRUE(denies("127.0.0.7"));
  EXPECT_TRUE(denies("127.0.1.200"));
  EXPECT_TRUE(denies("127.10.0.1"));
  EXPECT_TRUE(denies("127.9.0.1")) << "of the wider one, which stands behind the narrower";
  EXPECT_FALSE(denies("127.0.0.8"));
  reload({"ip 127.0.0.8/32"}, "127.0.0.8", true);
  EXPECT_FALSE(denies("127.0.0.7"));
  reload({}, "127.0.0.8", false);
}

}  // namespace
}  // namespace exporters::http_list
