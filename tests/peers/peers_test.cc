#include "tests/peers/peers.h"

#include <cstdio>
#include <memory>
#include <ostream>
#include <string>

#include <gtest/gtest.h>

namespace peers {
namespace {

// What the shell `command` writes, both streams.
std::string OutputOf(const std::string& command) {
  struct Close {
    void operator()(std::FILE* file) const { pclose(file); }
  };
  const std::unique_ptr<std::FILE, Close> pipe(popen((command + " 2>&1").c_str(), "r"));
  std::string output;
  for (int c = pipe ? std::fgetc(pipe.get()) : EOF; c != EOF; c = std::fgetc(pipe.get())) {
    output += static_cast<char>(c);
  }
  return output;
}

struct Program {
  const char* name;
  const char* arguments;
  const char* answer;  // part of what it then prints
};

std::ostream& operator<<(std::ostream& out, const Program& program) {
  return out << program.name;
}

class PeerTest : public testing::TestWithParam<Program> {};

TEST_P(PeerTest, StartsWithoutBeingInstalled) {
  const auto path = Find(GetParam().name);
  if (!path) {
    GTEST_SKIP() << "no " << GetParam().name << "; run ./dev test, or deploy/dev/peers.sh";
  }
  const std::string output = OutputOf("'" + path->string() + "' " + GetParam().arguments);
  EXPECT_NE(output.find(GetParam().answer), std::string::npos) << output;
}

INSTANTIATE_TEST_SUITE_P(
    Programs, PeerTest,
    testing::Values(
        Program{"named", "-V", "BIND 9"}, Program{"named-checkconf", "-v", "9."},
        Program{"named-checkzone", "-v", "9."}, Program{"rndc", "-h", "Usage: rndc"},
        Program{"tsig-keygen", "test", "hmac-sha256"}, Program{"dig", "-v", "DiG 9"},
        Program{"nsupdate", "-V", "nsupdate 9"}, Program{"squid", "-v", "Squid Cache: Version"},
        Program{"nft", "-v", "nftables v"}, Program{"iprange", "--version", "iprange"},
        Program{"ip", "-V", "iproute2"}, Program{"haproxy", "-v", "HAProxy version"},
        Program{"nginx", "-v", "nginx version"}, Program{"ipset", "--version", "ipset v"},
        Program{"iptables", "-V", "iptables v"}, Program{"ip6tables", "-V", "ip6tables v"},
        Program{"minisign", "-v", "minisign"}, Program{"crowdsec", "-version", "version: v"},
        Program{"cscli", "version", "version: v"},
        Program{"crowdsec-firewall-bouncer", "-V", "version:"},
        Program{"crowdsec-custom-bouncer", "-V", "Usage of"}),
    [](const testing::TestParamInfo<Program>& program) {
      std::string name = program.param.name;
      std::erase(name, '-');
      return name;
    });

TEST(PeersTest, FindsNothingThatNobodyHas) {
  EXPECT_FALSE(Find("a-program-that-is-nowhere").has_value());
}

}  // namespace
}  // namespace peers
