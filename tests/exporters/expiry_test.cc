#include "exporters/expiry.h"

#include <gtest/gtest.h>

#include <map>

#include "tests/exporters/signed_updates.h"

namespace exporters {
namespace {

using exporters::testing::Held;
using exporters::testing::now;
using exporters::testing::TermedListOf;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

// A list whose lines end an hour from now, and one that ends in a day.
HeldList ListOfAnHour(int lines) {
  std::vector<policy::TermedLine> termed{
      {"domain z.example", policy::Terms::Of(now + hours(24), 90)}};
  for (int i = 0; i < lines; ++i) {
    termed.push_back({"domain a" + std::to_string(1000 + i) + ".example",
                      policy::Terms::Of(now + hours(1), 90)});
  }
  return Held(1, TermedListOf(std::move(termed)));
}

class ExpiryTest : public ::testing::Test {
 protected:
  void Pass(seconds time, const HeldList& held) {
    expiry_.Watch(held);
    clock_.Advance(time);
    expiry_.Watch(held);
  }

  platform::ManualClock clock_{now};
  Expiry expiry_{"dns1", clock_};
};

TEST_F(ExpiryTest, ALineEndsAfterItsTimeAndNotBefore) {
  const HeldList held = ListOfAnHour(3);
  Pass(hours(1) + expiry_.delay() - seconds(1), held);
  EXPECT_TRUE(expiry_.Due(held).empty());
  Pass(seconds(1), held);
  EXPECT_EQ(expiry_.Due(held), (std::vector<std::size_t>{0, 1, 2}));
}

TEST_F(ExpiryTest, ALineWithoutTermsNeverEnds) {
  const HeldList held = Held(1, exporters::testing::ListOf({"domain a.example"}));
  Pass(hours(24 * 3650), held);
  EXPECT_TRUE(expiry_.Due(held).empty());
}

TEST_F(ExpiryTest, E13_ALargeListEndsInParts) {
  const HeldList held = ListOfAnHour(5000);
  Pass(hours(2), held);
  EXPECT_EQ(expiry_.Due(held).size(), 500U);
}

TEST_F(ExpiryTest, E13_AThousandDevicesDoNotAllChangeAtOnce) {
  std::map<seconds, int> devices_at;
  for (int i = 0; i < 1000; ++i) {
    const std::string name = "fw" + std::to_string(i);
    const Expiry expiry(name, clock_);
    EXPECT_EQ(expiry.delay(), Expiry(name, clock_).delay()) << "the same after a restart";
    EXPECT_LE(expiry.delay(), Expiry::delay_max);
    ++devices_at[expiry.delay()];
  }
  for (const auto& [delay, devices] : devices_at) EXPECT_LT(devices, 20);
}

TEST_F(ExpiryTest, C1_AClockThatJumpsAYearAheadEndsNothing) {
  const HeldList held = ListOfAnHour(3);
  expiry_.Watch(held);
  clock_.Set(now + hours(24 * 365));
  expiry_.Watch(held);
  EXPECT_TRUE(expiry_.Due(held).empty());
  Pass(hours(24), held);
  EXPECT_TRUE(expiry_.Due(held).empty()) << "it is not believed by and by";
  expiry_.Trust();
  EXPECT_FALSE(expiry_.Due(held).empty());
}

TEST_F(ExpiryTest, C4_AClockThatStartedIn1970EndsNothingUntilItIsSet) {
  const HeldList held = ListOfAnHour(3);
  clock_.Set(policy::TimePoint(seconds(0)));
  expiry_.Watch(held);
  EXPECT_TRUE(expiry_.Due(held).empty());
  clock_.Set(now + hours(2));
  expiry_.Watch(held);
  EXPECT_FALSE(expiry_.Due(held).empty());
}

}  // namespace
}  // namespace exporters
