#include "exporters/rpz/primary.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include "exporters/rpz/tcp_channel.h"
#include "platform/file_descriptor.h"
#include "tests/peers/named.h"

namespace exporters::rpz {
namespace {

using policy::ErrorCode;
using std::chrono::milliseconds;

const ZoneParameters parameters{.name = peers::Named::zone};
const TsigKey some_key{"sekisho", "c2VraXNobyB0ZXN0IGtleSwgbm90IGEgc2VjcmV0ISE="};

Stamp StampAt(std::uint32_t serial) {
  return {policy::Sha256Of("list"), serial, 1, 0};
}

// Takes connections and, if it is given an answer, says that to whatever it is asked.
class StubServer {
 public:
  explicit StubServer(std::string answer) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    EXPECT_EQ(bind(socket_.get(), generic, size), 0);
    EXPECT_EQ(listen(socket_.get(), 4), 0);
    EXPECT_EQ(getsockname(socket_.get(), generic, &size), 0);
    port_ = ntohs(address.sin_port);
    if (answer.empty()) return;
    thread_ = std::jthread([this, answer = std::move(answer)] {
      const platform::FileDescriptor client(accept(socket_.get(), nullptr, nullptr));
      char byte = 0;
      if (recv(client.get(), &byte, 1, 0) == 1) {
        send(client.get(), answer.data(), answer.size(), MSG_NOSIGNAL);
      }
      while (recv(client.get(), &byte, 1, 0) == 1) {
      }
    });
  }

  Endpoint endpoint() const { return {"127.0.0.1", port_}; }
  Primary MakePrimary() const { return {endpoint(), some_key, parameters, milliseconds(200)}; }

 private:
  platform::FileDescriptor socket_;
  std::uint16_t port_ = 0;
  std::jthread thread_;
};

const ZoneState any_state{SoaData(parameters, 1), 1, std::nullopt};

TEST(ExporterFaults, E3_RpzUpdateWithoutAnAnswerIsUnknown) {
  const StubServer silent("");
  const auto outcome = silent.MakePrimary().Update(any_state, {{"evil.example"}, {}}, StampAt(2));
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().device, DeviceState::unknown);
}

TEST(ExporterFaults, E3_RpzUpdateAnsweredWithRubbishIsUnknown) {
  const StubServer babbler(std::string("\0\4junk", 6));
  const auto outcome = babbler.MakePrimary().Update(any_state, {{"evil.example"}, {}}, StampAt(2));
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().device, DeviceState::unknown);
}

// Messages of an ID and a letter, as they go over TCP.
std::string Framed(const std::vector<std::string>& messages) {
  std::string bytes;
  for (const std::string& message : messages) bytes += std::string("\0\3", 2) + message;
  return bytes;
}

policy::Result<std::vector<std::string>> AskAll(const StubServer& server,
                                                const std::vector<std::string>& questions) {
  auto channel = TcpChannel::Connect(server.endpoint(), milliseconds(2'000));
  if (!channel) return tl::unexpected(channel.error());
  return channel->ExchangeAll(questions);
}

TEST(RpzTcpChannelTest, AnswersComeInWhicheverOrder) {
  const StubServer server(Framed({"3_C", "1_A", "2_B"}));
  const auto answers = AskAll(server, {"1_a", "2_b", "3_c"});
  ASSERT_TRUE(answers) << answers.error().detail;
  EXPECT_EQ(*answers, (std::vector<std::string>{"1_A", "2_B", "3_C"}));
}

TEST(RpzTcpChannelTest, QuestionsWithTheSameIdGetTheirOwnAnswers) {
  const StubServer server(Framed({"2_B", "1_A", "1_C"}));
  const auto answers = AskAll(server, {"1_a", "2_b", "1_c"});
  ASSERT_TRUE(answers) << answers.error().detail;
  EXPECT_EQ(*answers, (std::vector<std::string>{"1_A", "2_B", "1_C"}));
}

TEST(RpzTcpChannelTest, AnswerToNoQuestionIsAFailure) {
  const StubServer server(Framed({"7_X"}));
  const auto answers = AskAll(server, {"1_a", "2_b"});
  ASSERT_FALSE(answers);
  EXPECT_EQ(answers.error().code, ErrorCode::outcome_unknown);
}

TEST(RpzPrimaryTest, QuestionWithoutAnAnswerIsUnavailable) {
  const StubServer silent("");
  const auto state = silent.MakePrimary().Read();
  ASSERT_FALSE(state);
  EXPECT_EQ(state.error().code, ErrorCode::unavailable);
}

class RpzNamedTest : public testing::Test {
 protected:
  void SetUp() override {
    named_ = peers::Named::Start();
    if (!named_) {
      ASSERT_EQ(std::getenv("CI"), nullptr) << "no named";
      GTEST_SKIP() << "no named; run ./dev test, or deploy/dev/peers.sh";
    }
  }

  Primary MakePrimary(const std::string& zone) const {
    ZoneParameters other = parameters;
    other.name = zone;
    return {Endpoint{"127.0.0.1", named_->port()}, *LoadTsigKey(named_->key_file()), other,
            milliseconds(3000)};
  }

  std::unique_ptr<peers::Named> named_;
};

TEST_F(RpzNamedTest, UpdateIsNotBuiltUponAChangeOfSomebodyElse) {
  const Primary primary = MakePrimary(parameters.name);
  const auto state = primary.Read();
  ASSERT_TRUE(state) << state.error().detail;
  EXPECT_FALSE(state->untouched());
  ASSERT_TRUE(named_->Update("update add other.example.rpz.test 60 CNAME ."));
  const auto outcome = primary.Update(*state, {{"evil.example"}, {}}, StampAt(state->serial + 1));
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().device, DeviceState::unchanged);
  EXPECT_NE(outcome.error().reason.find("NXRRSET"), std::string::npos) << outcome.error().reason;
  EXPECT_EQ(named_->Status("evil.example"), "NOERROR");
}

TEST_F(RpzNamedTest, UpdateThatNamedRefusesChangesNothing) {
  const Primary primary = MakePrimary(parameters.name);
  ASSERT_EQ(std::system((named_->Rndc() + " freeze rpz.test >/dev/null 2>&1").c_str()), 0);
  const auto state = primary.Read();
  ASSERT_TRUE(state);
  const auto outcome = primary.Update(*state, {{"evil.example"}, {}}, StampAt(state->serial + 1));
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().device, DeviceState::unchanged);
  EXPECT_NE(outcome.error().reason.find("REFUSED"), std::string::npos) << outcome.error().reason;
  EXPECT_EQ(primary.Read()->serial, state->serial);
}

TEST_F(RpzNamedTest, UpdateStampsTheZone) {
  const Primary primary = MakePrimary(parameters.name);
  const auto before = primary.Read();
  ASSERT_TRUE(before);
  // A jump of the serial, as after a restored backup.
  ASSERT_TRUE(primary.Update(*before, {{"evil.example"}, {}}, StampAt(before->serial + 40)));
  const auto after = primary.Read();
  ASSERT_TRUE(after);
  EXPECT_TRUE(after->untouched());
  EXPECT_EQ(after->serial, before->serial + 40);
  EXPECT_EQ(*after->stamp, StampAt(before->serial + 40));
  EXPECT_EQ(named_->Status("evil.example"), "NXDOMAIN");
}

// Half of a change says of itself that it is no list of ours.
TEST_F(RpzNamedTest, ZoneBetweenTwoUpdatesIsNotUntouched) {
  const Primary primary = MakePrimary(parameters.name);
  const auto first = primary.Read();
  ASSERT_TRUE(primary.Update(*first, {{"evil.example"}, {}}, StampAt(2)));
  const auto state = primary.Read();
  ASSERT_TRUE(state);
  OwnerChange change;
  for (int i = 0; i < 600; ++i) change.added.push_back("n" + std::to_string(i) + ".example");
  change.added[599] = std::string(64, 'x');  // can't be sent
  ASSERT_EQ(primary.UpdateCount(change), 3U);
  const auto outcome = primary.Update(*state, change, StampAt(state->serial + 3));
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().device, DeviceState::changed);
  const auto between = primary.Read();
  ASSERT_TRUE(between);
  EXPECT_FALSE(between->untouched());
  EXPECT_EQ(between->stamp, state->stamp);
}

TEST_F(RpzNamedTest, ZoneThatIsNotServedIsNotFound) {
  const auto state = MakePrimary("other.test").Read();
  ASSERT_FALSE(state);
  EXPECT_EQ(state.error().code, ErrorCode::not_found);
}

}  // namespace
}  // namespace exporters::rpz
