// Logs that real BIND, Squid and Zeek wrote. The counts were made by other means: Python's re, gzip
// and ipaddress, line by line, without our parsers.
#include <gtest/gtest.h>

#include <sstream>
#include <string>

#include "agent/traffic/bind_query_log.h"
#include "agent/traffic/squid_access_log.h"
#include "agent/traffic/traffic.h"
#include "agent/traffic/zeek_log.h"
#include "tests/policy/real_data.h"

namespace agent::traffic {
namespace {

class TrafficRealDataTest : public ::testing::Test {
 protected:
  // Counts what `read` makes of each line, as if it were `noon` of that day.
  template <class Read>
  void Take(const std::string& log, const std::string& noon, Read read) {
    now_ = policy::ParseTime(noon).value();
    std::istringstream lines(log);
    for (std::string line; std::getline(lines, line);) {
      const LineResult request = read(line);
      if (!request) {
        ++faults_;
      } else if (*request) {
        traffic_.Add(**request, now_);
      }
    }
  }

  void TakeZeek(const std::string& file, const std::string& noon) {
    ZeekLog zeek{feeds::HomeNet()};
    std::string header;
    Take(OutputOf("zcat -f -- '" + RealDataPath(file).string() + "'"), noon,
         [&](const std::string& line) { return zeek.Read(line, header); });
  }

  // "REQUESTS by CLIENTS"
  std::string Of(const std::string& line) const {
    const auto usage = traffic_.Find(policy::ParseLine(line).value()).usage.Summary(now_);
    return std::to_string(usage.requests) + " by " + std::to_string(usage.clients);
  }

  policy::PublicSuffixList suffixes_ = policy::PublicSuffixList::Parse("com\norg\n").value();
  Traffic traffic_{suffixes_, 1'000'000, {1, 2}};
  policy::TimePoint now_;
  int faults_ = 0;
};

TEST_F(TrafficRealDataTest, Bind) {
  SEKISHO_REAL_DATA_OR_SKIP(log, "logs-replay/bind918_query.log");
  Take(log, "2026-11-24T12:00:00Z",
       [](const std::string& line) { return ReadBindQuery(line, {}); });
  EXPECT_EQ(faults_, 0);
  EXPECT_EQ(Of("domain wrccdc.org"), "4929 by 15");
  EXPECT_EQ(Of("domain github.com"), "60 by 9");
  EXPECT_EQ(Of("domain google.com"), "1088 by 25");
  EXPECT_EQ(Of("domain microsoft.com"), "138 by 9");
}

TEST_F(TrafficRealDataTest, Squid) {
  SEKISHO_REAL_DATA_OR_SKIP(log, "logs-replay/squid57_access.log");
  Take(log, "2026-11-24T12:00:00Z", ReadSquidAccess);
  EXPECT_EQ(faults_, 0);
  EXPECT_EQ(Of("domain github.com"), "102 by 37");
  EXPECT_EQ(Of("domain google.com"), "307 by 44");
  EXPECT_EQ(Of("domain mediafire.com"), "2 by 2");
  EXPECT_EQ(Of("ip 130.12.180.0/24"), "7 by 7");
  EXPECT_EQ(Of("url http://www.google.com/uds/css/clear.gif").substr(0, 2), "7 ");
}

TEST_F(TrafficRealDataTest, ZeekDns) {
  SEKISHO_REAL_DATA_OR_SKIP(ignored, "logs/zeek_dns.log.gz");
  TakeZeek("logs/zeek_dns.log.gz", "2018-03-24T12:00:00Z");
  EXPECT_EQ(faults_, 0);
  EXPECT_EQ(Of("domain wrccdc.org"), "22186 by 22");
  EXPECT_EQ(Of("domain github.com"), "268 by 11");
  EXPECT_EQ(Of("domain microsoft.com"), "608 by 15");
}

TEST_F(TrafficRealDataTest, ZeekTls) {
  SEKISHO_REAL_DATA_OR_SKIP(ignored, "logs/zeek_ssl.log.gz");
  TakeZeek("logs/zeek_ssl.log.gz", "2018-03-24T12:00:00Z");
  EXPECT_EQ(faults_, 0);
  EXPECT_EQ(Of("domain wrccdc.org"), "6444 by 44");
  EXPECT_EQ(Of("domain google.com"), "647 by 61");
  EXPECT_EQ(Of("domain wikipedia.org"), "5 by 2");
}

TEST_F(TrafficRealDataTest, ZeekConnections) {
  SEKISHO_REAL_DATA_OR_SKIP(ignored, "logs/zeek_conn.log");
  TakeZeek("logs/zeek_conn.log", "2011-11-03T12:00:00Z");
  EXPECT_EQ(faults_, 0);
  EXPECT_EQ(Of("ip 192.150.187.43/32"), "20 by 1");
  EXPECT_EQ(Of("ip 0.0.0.0/0"), "92 by 1");
}

TEST_F(TrafficRealDataTest, ZeekHttp) {
  SEKISHO_REAL_DATA_OR_SKIP(ignored, "logs/zeek_http.log");
  TakeZeek("logs/zeek_http.log", "2011-11-03T12:00:00Z");
  EXPECT_EQ(faults_, 0);
  EXPECT_EQ(Of("domain google.com"), "17 by 1");
  EXPECT_EQ(Of("domain reddit.com"), "2 by 1");
  EXPECT_EQ(Of("domain fsdn.com"), "33 by 1");
}

}  // namespace
}  // namespace agent::traffic
