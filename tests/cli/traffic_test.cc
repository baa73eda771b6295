// How the command line shows what our own clients use.
#include <gtest/gtest.h>

#include <string>

#include "tests/cli/fixture.h"

namespace cli::testing {
namespace {

class CliTrafficTest : public CliTest {
 protected:
  CliTrafficTest() { agent_.queue.Add("domain", "shop.example"); }

  v1::Traffic& Traffic() { return *agent_.queue.proposals[1].mutable_traffic(); }

  void Use(std::uint64_t requests, std::uint64_t clients) {
    Traffic().set_requests(requests);
    Traffic().set_clients(clients);
    for (int day = 1; day < 14; ++day) Traffic().add_per_day(0);
    Traffic().add_per_day(requests);
    Traffic().mutable_last_seen()->set_seconds(1'795'521'600);
  }

  std::string Show() { return Run("queue show 1").out; }
};

TEST_F(CliTrafficTest, SaysHowMuchByHowManyAndWhen) {
  Use(40, 7);
  EXPECT_NE(Show().find(".............█ 40 requests by 7 clients in 14 days, the last at "
                        "2026-11-24T12:00:00Z\n"),
            std::string::npos)
      << Show();
}

TEST_F(CliTrafficTest, SaysThatANumberIsAnEstimateOrOfSomethingWider) {
  Use(40, 300);
  Traffic().set_approximate(true);
  Traffic().set_counted("github.com");
  EXPECT_NE(Show().find("by ~300 clients"), std::string::npos) << Show();
  EXPECT_NE(Show().find("of github[.]com, of which this is a part at most"), std::string::npos)
      << Show();
}

TEST_F(CliTrafficTest, SaysThatNobodyUsedItAndNothingWhereNoLogIsFollowed) {
  EXPECT_EQ(Show().find("OWN TRAFFIC"), std::string::npos) << Show();
  Traffic();
  EXPECT_NE(Show().find("none in 14 days"), std::string::npos) << Show();
}

TEST_F(CliTrafficTest, EachDayIsAsHighAsItsShareOfTheBusiestOne) {
  Use(0, 7);
  for (int day = 0; day < 14; ++day) {
    Traffic().set_per_day(day, static_cast<std::uint64_t>(day));
  }
  Traffic().set_requests(91);
  EXPECT_NE(Show().find(".▁▂▂▃▄▄▅▅▆▇▇██ 91"), std::string::npos) << Show();
}

}  // namespace
}  // namespace cli::testing
