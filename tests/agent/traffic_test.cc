// What our own clients use: counted, kept, followed through restarts.
#include "agent/traffic/traffic.h"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <memory>
#include <set>
#include <sstream>
#include <string>

#include "agent/traffic/bind_query_log.h"
#include "agent/traffic/squid_access_log.h"
#include "agent/traffic/traffic_follower.h"
#include "agent/traffic/zeek_log.h"
#include "platform/atomic_file.h"
#include "tests/platform/temporary_folder.h"

namespace agent::traffic {
namespace {

using policy::Indicator;
using policy::TimePoint;

const TimePoint now = policy::ParseTime("2026-11-24T12:00:00Z").value();

policy::PublicSuffixList Suffixes() {
  return policy::PublicSuffixList::Parse("com\njp\nco.jp\nexample\n").value();
}

Request OfName(const std::string& name, const std::string& client, TimePoint at = now) {
  return {.at = at, .client = client, .name = policy::Domain::Parse(name).value()};
}

Request OfAddress(const std::string& address, const std::string& client, TimePoint at = now) {
  return {.at = at, .client = client, .address = policy::IpPrefix::Parse(address).value()};
}

Request OfUrl(const std::string& url, const std::string& client) {
  Request request{.at = now, .client = client};
  request.url = policy::Url::Parse(url).value();
  request.name = std::get<policy::Domain>(request.url->host());
  return request;
}

Indicator Of(const std::string& line) {
  return policy::ParseLine(line).value();
}

// The order of hashes is nobody's.
std::multiset<std::string> SortedLines(const std::string& text) {
  std::multiset<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.insert(line);
  return lines;
}

class TrafficTest : public ::testing::Test {
 protected:
  UsageSummary SummaryOf(const std::string& line) const {
    return traffic_->Find(Of(line)).usage.Summary(now);
  }
  std::string CountedFor(const std::string& line) const { return traffic_->Find(Of(line)).counted; }

  policy::PublicSuffixList suffixes_ = Suffixes();
  std::unique_ptr<Traffic> traffic_ = std::make_unique<Traffic>(suffixes_, 1000, SipKey{1, 2});
};

// Appendix A of the paper: the key's bytes and the message's count up from 0.
TEST(SipHashTest, GivesThePapersValue) {
  std::string message;
  for (char c = 0; c < 15; ++c) message += c;
  EXPECT_EQ(SipHash({0x0706050403020100ULL, 0x0f0e0d0c0b0a0908ULL}, message),
            0xa129ca6149be45e5ULL);
}

TEST(ClientSampleTest, IsExactForFewAndNearForMany) {
  const Day day(std::chrono::days(20000));
  for (const int count : {1, 7, 128, 1000, 100000}) {
    ClientSample sample;
    for (int i = 0; i < count; ++i) {
      for (int again = 0; again < 2; ++again) {
        sample.Add(SipHash({3, 4}, "10.0.0." + std::to_string(i)), day);
      }
    }
    EXPECT_EQ(sample.is_exact(), count <= 128);
    EXPECT_NEAR(static_cast<double>(sample.CountSince(day)), count, count <= 128 ? 0 : count * 0.4);
  }
}

// The estimate's error is what the header says, over many sets of clients.
TEST(ClientSampleTest, ErrsByATenthOnAverage) {
  const Day day(std::chrono::days(20000));
  constexpr int runs = 200;
  constexpr int count = 5000;
  double squares = 0;
  for (std::uint64_t run = 0; run < runs; ++run) {
    ClientSample sample;
    for (int i = 0; i < count; ++i) sample.Add(SipHash({run, 5}, std::to_string(i)), day);
    const double error = static_cast<double>(sample.CountSince(day)) / count - 1;
    squares += error * error;
  }
  EXPECT_LT(std::sqrt(squares / runs), 0.13);
}

TEST(ClientSampleTest, ForgetsClientsWhoseDaysAreOver) {
  const Day day(std::chrono::days(20000));
  ClientSample sample;
  for (int i = 0; i < 50; ++i) sample.Add(SipHash({1, 1}, std::to_string(i)), day);
  for (int i = 0; i < 5; ++i)
    sample.Add(SipHash({1, 1}, std::to_string(i)), day + std::chrono::days(3));
  EXPECT_EQ(sample.CountSince(day), 50U);
  EXPECT_EQ(sample.CountSince(day + std::chrono::days(1)), 5U);
  sample.Forget(day + std::chrono::days(1));
  EXPECT_EQ(sample.CountSince(day), 5U);
}

TEST(ClientSampleTest, MergedItIsTheSampleOfAllClients) {
  const Day day(std::chrono::days(20000));
  ClientSample one;
  ClientSample other;
  ClientSample both;
  for (int i = 0; i < 3000; ++i) {
    const std::uint64_t hash = SipHash({1, 1}, std::to_string(i));
    (i < 40 ? one : other).Add(hash, day);
    both.Add(hash, day);
  }
  one.Merge(other);
  EXPECT_EQ(one.Text(), both.Text());
}

TEST(UsageTest, CountsByDayAndForgetsTheFifteenth) {
  Usage usage;
  for (int day = 20; day >= 0; --day) {
    for (int i = 0; i <= day; ++i) usage.Count(now - std::chrono::days(day), 7);
  }
  const UsageSummary summary = usage.Summary(now);
  EXPECT_EQ(summary.per_day.front(), 14U);
  EXPECT_EQ(summary.per_day.back(), 1U);
  EXPECT_EQ(summary.requests, 14U * 15 / 2);
  EXPECT_EQ(summary.clients, 1U);
  EXPECT_EQ(usage.Summary(now + std::chrono::days(1)).requests, 13U * 14 / 2);
  EXPECT_EQ(usage.Summary(now + std::chrono::days(14)).requests, 0U);
  EXPECT_EQ(usage.Summary(now + std::chrono::days(14)).clients, 0U);
}

TEST(UsageTest, TakesWhatCameLateAndLeavesWhatCameTooLate) {
  Usage usage;
  usage.Count(now, 1);
  usage.Count(now - std::chrono::days(2), 2);
  usage.Count(now - std::chrono::days(14), 3);
  const UsageSummary summary = usage.Summary(now);
  EXPECT_EQ(summary.requests, 2U);
  EXPECT_EQ(summary.clients, 2U);
  EXPECT_EQ(summary.last_seen, now);
}

TEST(UsageTest, ReadsWhatItWrote) {
  Usage usage;
  for (int i = 0; i < 500; ++i)
    usage.Count(now - std::chrono::hours(i), SipHash({1, 1}, std::to_string(i)));
  Usage read;
  ASSERT_TRUE(read.Read(usage.Text()));
  EXPECT_EQ(read.Text(), usage.Text());
  for (const char* const text : {"", "1", "0 1,2 0", "1795521600 1,1,1,1,1,1,1,1,1,1,1,1,1 0",
                                 "1795521600 1,1,1,1,1,1,1,1,1,1,1,1,1,1 0,2,1",
                                 "1795521600 1,1,1,1,1,1,1,1,1,1,1,1,1,1 99,0"}) {
    EXPECT_FALSE(read.Read(text)) << text;
  }
}

TEST_F(TrafficTest, OfADomainAllNamesBelowCountToo) {
  traffic_->Add(OfName("www.shop.example", "10.0.0.1"), now);
  traffic_->Add(OfName("cdn.www.shop.example", "10.0.0.2"), now);
  traffic_->Add(OfName("other.example", "10.0.0.3"), now);
  EXPECT_EQ(SummaryOf("domain shop.example").requests, 2U);
  EXPECT_EQ(SummaryOf("domain shop.example").clients, 2U);
  EXPECT_EQ(SummaryOf("domain www.shop.example").clients, 2U);
  EXPECT_EQ(SummaryOf("domain cdn.www.shop.example").clients, 1U);
  EXPECT_EQ(SummaryOf("domain example").requests, 0U) << "strangers register there";
  EXPECT_EQ(SummaryOf("domain www.other.example").requests, 0U) << "never what is above";
}

TEST_F(TrafficTest, ANameOfAHundredLabelsTakesEightPlaces) {
  std::string name = "shop.example";
  for (int i = 0; i < 100; ++i) name.insert(0, "a.");
  traffic_->Add(OfName(name, "10.0.0.1"), now);
  EXPECT_EQ(traffic_->size(), 8U);
  EXPECT_EQ(SummaryOf("domain " + name).requests, 1U);
  EXPECT_EQ(SummaryOf("domain a.a.shop.example").requests, 1U);
  EXPECT_EQ(SummaryOf("domain shop.example").requests, 1U);
}

TEST_F(TrafficTest, OfAPrefixAllAddressesInItCount) {
  traffic_->Add(OfAddress("192.0.2.1", "10.0.0.1"), now);
  traffic_->Add(OfAddress("192.0.2.200", "10.0.0.1"), now);
  traffic_->Add(OfAddress("192.0.3.1", "10.0.0.2"), now);
  traffic_->Add(OfAddress("2001:db8::1", "10.0.0.2"), now);
  EXPECT_EQ(SummaryOf("ip 192.0.2.0/24").requests, 2U);
  EXPECT_EQ(SummaryOf("ip 192.0.2.0/24").clients, 1U);
  EXPECT_EQ(SummaryOf("ip 192.0.2.0/23").clients, 2U);
  EXPECT_EQ(SummaryOf("ip 192.0.2.200/32").requests, 1U);
  EXPECT_EQ(SummaryOf("ip 2001:db8::/32").requests, 1U);
}

TEST_F(TrafficTest, OfAUrlWhatIsKnownIsSaidToBeOfItsPageOrHost) {
  traffic_->Add(OfUrl("http://shared.example/bad", "10.0.0.1"), now);
  traffic_->Add(OfUrl("http://shared.example/q?", "10.0.0.1"), now);
  traffic_->Add(OfName("shared.example", "10.0.0.2"), now);
  EXPECT_EQ(SummaryOf("url http://shared.example/bad").requests, 1U);
  EXPECT_EQ(CountedFor("url http://shared.example/bad"), "");
  EXPECT_EQ(CountedFor("url http://shared.example/q?id=7"), "http://shared.example/q?")
      << "Squid strips queries";
  EXPECT_EQ(SummaryOf("url https://shared.example/bad").requests, 3U);
  EXPECT_EQ(CountedFor("url https://shared.example/bad"), "shared.example");
  EXPECT_EQ(traffic_->ClientsOf(Of("url https://shared.example/bad"), now), 0U)
      << "others' use of the host is not what the block cuts";
  EXPECT_EQ(traffic_->ClientsOf(Of("url http://shared.example/bad"), now), 1U);
  for (const char* line : {"url https://shared.example/bad", "url http://shared.example/bad",
                           "domain shared.example", "domain example", "ip 10.0.0.0/8"}) {
    const policy::Indicator one = Of(line);
    EXPECT_EQ(traffic_->ClientsOf(policy::KindOf(one), policy::TextOf(one), now),
              traffic_->ClientsOf(one, now))
        << line;
  }
}

TEST_F(TrafficTest, ARequestOfTheFutureIsRefused) {
  EXPECT_FALSE(traffic_->Add(OfName("a.example", "10.0.0.1", now + std::chrono::days(2)), now));
  EXPECT_TRUE(traffic_->Add(OfName("a.example", "10.0.0.1", now + std::chrono::hours(2)), now));
  const TimePoint year_9999 = policy::ParseTime("9999-12-31T00:00:00Z").value();
  EXPECT_FALSE(traffic_->Add(OfName("a.example", "10.0.0.1", year_9999), year_9999));
}

TEST_F(TrafficTest, WithoutRoomTheLeastRecentlyUsedGoAndItSaysSo) {
  traffic_->Add(OfName("kept.com", "10.0.0.1", now), now);
  for (int i = 0; i < 5000; ++i) {
    const TimePoint at = now - std::chrono::hours(24) + std::chrono::seconds(i);
    traffic_->Add(OfName("x" + std::to_string(i) + ".tunnel.com", "10.0.0.1", at), now);
  }
  EXPECT_LE(traffic_->size(), 1000U);
  EXPECT_GT(traffic_->dropped(), 3900U);
  EXPECT_EQ(SummaryOf("domain kept.com").requests, 1U);
  EXPECT_EQ(SummaryOf("domain tunnel.com").requests, 5000U) << "what was registered stays whole";
}

TEST_F(TrafficTest, ADocumentKeepsAllOfItAndNoClientsAddress) {
  for (int i = 0; i < 300; ++i) {
    traffic_->Add(OfName("www.shop.example", "10.0.0." + std::to_string(i)), now);
  }
  traffic_->Add(OfAddress("192.0.2.1", "10.9.8.7"), now);
  LogState state;
  state.position = {4, 100, 90, std::string(64, 'a')};
  state.header = "#fields\tts\tquery";
  state.requests = 301;
  traffic_->SetLog("zeek", state);
  const std::string document = traffic_->Document();
  EXPECT_EQ(document.find("10.9.8.7"), std::string::npos);
  EXPECT_EQ(document.find("shop"), std::string::npos);
  Traffic other(suffixes_, 1000, SipKey{9, 9});
  ASSERT_TRUE(other.Read(document));
  EXPECT_EQ(SortedLines(other.Document()), SortedLines(document));
  EXPECT_EQ(other.Find(Of("domain shop.example")).usage.Summary(now).requests, 300U);
  EXPECT_EQ(other.Log("zeek").header, state.header);
}

TEST_F(TrafficTest, AnyOtherDocumentIsCorruptAndLeavesNothing) {
  traffic_->Add(OfName("www.shop.example", "10.0.0.1"), now);
  traffic_->Add(OfAddress("192.0.2.1", "10.0.0.1"), now);
  const std::string document = traffic_->Document();
  for (std::size_t size = 0; size < document.size(); ++size) {
    Traffic other(suffixes_, 1000, SipKey{});
    EXPECT_FALSE(other.Read(document.substr(0, size))) << size;
    EXPECT_EQ(other.size(), 0U);
  }
}

class TrafficFollowerTest : public TrafficTest {
 protected:
  TrafficFollower Follower(Traffic& traffic) {
    TrafficSettings settings;
    settings.logs.push_back(
        {"proxy", folder_.path() / "access.log",
         [](std::string_view line, std::string&) { return ReadSquidAccess(line); }});
    return {std::move(settings), folder_.path() / "traffic", traffic, clock_};
  }

  void Append(const std::string& host, const std::string& file = "access.log") {
    std::ofstream(folder_.path() / file, std::ios::app)
        << now.time_since_epoch().count() << ".123    3 10.0.0.1 TCP_TUNNEL/200 39 CONNECT " << host
        << ":443 - HIER_NONE/- -\n";
  }

  platform::testing::TemporaryFolder folder_;
  platform::ManualClock clock_{now};
};

TEST_F(TrafficFollowerTest, GoesOnAfterARestartWithoutCountingTwice) {
  Append("a.example");
  Append("a.example");
  {
    TrafficFollower follower = Follower(*traffic_);
    EXPECT_FALSE(follower.ReadOn());
    follower.Save();
  }
  Append("a.example");
  Traffic other(suffixes_, 1000, SipKey{9, 9});
  TrafficFollower follower = Follower(other);
  follower.Load();
  follower.ReadOn();
  EXPECT_EQ(other.Find(Of("domain a.example")).usage.Summary(now).requests, 3U);
  EXPECT_EQ(other.Log("proxy").requests, 3U);
}

TEST_F(TrafficFollowerTest, FollowsTheLogThroughRotation) {
  TrafficFollower follower = Follower(*traffic_);
  Append("a.example");
  follower.ReadOn();
  Append("a.example");
  std::filesystem::rename(folder_.path() / "access.log", folder_.path() / "access.log.1");
  Append("a.example");
  follower.ReadOn();
  EXPECT_EQ(SummaryOf("domain a.example").requests, 3U);
}

TEST_F(TrafficFollowerTest, SaysWhatItCannotReadAndGoesOnOnceItCan) {
  TrafficFollower follower = Follower(*traffic_);
  follower.ReadOn();
  EXPECT_NE(traffic_->Log("proxy").trouble, "");
  std::ofstream(folder_.path() / "access.log") << "rubbish\n";
  Append("a.example");
  follower.ReadOn();
  EXPECT_EQ(traffic_->Log("proxy").trouble, "");
  EXPECT_EQ(traffic_->Log("proxy").faults, 1U);
  EXPECT_EQ(traffic_->Log("proxy").requests, 1U);
}

TEST_F(TrafficFollowerTest, ADamagedFileIsNoReasonNotToStart) {
  ASSERT_TRUE(platform::WriteFileAtomically(folder_.path() / "traffic", "rubbish"));
  Append("a.example");
  TrafficFollower follower = Follower(*traffic_);
  follower.Load();
  follower.ReadOn();
  follower.Save();
  EXPECT_EQ(platform::ReadFile(folder_.path() / "traffic", 1'000'000)->substr(0, 17),
            "sekisho traffic 1");
}

}  // namespace
}  // namespace agent::traffic
