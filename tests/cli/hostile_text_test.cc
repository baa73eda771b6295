#include "tests/cli/fixture.h"

#include "cli/terminal_text.h"

namespace cli::testing {
namespace {

// Clears the screen, turns the writing direction, starts a line of its own, hides.
const std::string hostile = "x\x1b[2J\xe2\x80\xae\n\xc2\x9b\xe2\x80\x8b\r\x07y";

// Only the program's own newlines, and nothing else that a terminal obeys.
void ExpectSafe(const std::string& text) {
  for (std::string_view rest = text; !rest.empty();) {
    const char32_t character = TakeCharacter(rest);
    EXPECT_TRUE(character == U'\n' || !IsUnsafe(character))
        << "U+" << std::hex << static_cast<std::uint32_t>(character) << " in " << Sanitise(text);
  }
}

// Puts the text into every string of a message.
void Poison(google::protobuf::Message& message) {
  const auto& type = *message.GetDescriptor();
  const auto& reflection = *message.GetReflection();
  for (int i = 0; i < type.field_count(); ++i) {
    const auto* field = type.field(i);
    if (field->cpp_type() == google::protobuf::FieldDescriptor::CPPTYPE_STRING) {
      if (field->is_repeated()) {
        reflection.AddString(&message, field, hostile);
      } else {
        reflection.SetString(&message, field, hostile);
      }
    } else if (field->cpp_type() == google::protobuf::FieldDescriptor::CPPTYPE_MESSAGE) {
      Poison(field->is_repeated() ? *reflection.AddMessage(&message, field)
                                  : *reflection.MutableMessage(&message, field));
    }
  }
}

TEST_F(CliTest, NothingTheAgentSendsReachesTheTerminalUnseen) {
  Poison(agent_.feeds.feeds.emplace_back());
  agent_.feeds.feeds.back().set_name("bad");
  Poison(agent_.queue.proposals[1]);
  agent_.queue.proposals[1].set_id(1);
  Poison(agent_.blocks.blocks.emplace_back());
  Poison(agent_.blocks.why);
  Poison(agent_.releases.releases.front());
  Poison(agent_.releases.brakes.front());
  Poison(agent_.devices.devices.emplace_back());
  Poison(agent_.history.entries.emplace_back());
  agent_.history.notes.push_back(hostile);
  for (const std::string words :
       {"feed list", "feed refresh bad", "queue list", "queue show 1",
        "queue approve --filter x --reason r --dry-run", "block list --all", "why evil.example",
        "release list", "release show 1", "release diff 1 2", "brake list", "device list",
        "history list"}) {
    for (const char* format : {" -o table", " -o json"}) {
      const Outcome outcome = Run(words + format);
      EXPECT_EQ(outcome.code, 0) << words << outcome.err;
      EXPECT_NE(outcome.out, "") << words;
      ExpectSafe(outcome.out);
      ExpectSafe(outcome.err);
    }
  }
}

TEST_F(CliTest, NorDoItsErrors) {
  agent_.devices.status = {grpc::StatusCode::NOT_FOUND, hostile};
  const Outcome outcome = Run("device list");
  EXPECT_EQ(outcome.code, 3);
  ExpectSafe(outcome.err);
}

TEST_F(CliTest, TablesAreCutToTheTerminalAndBoldUnlessNoColorIsSet) {
  agent_.queue.Add("url", "http://evil.example/" + std::string(200, 'a'));
  is_terminal_ = true;
  columns_ = 120;
  const Outcome bold = Run("queue list");
  EXPECT_TRUE(bold.out.starts_with("\x1b[1mID")) << bold.out;
  environment_["NO_COLOR"] = "1";
  const Outcome plain = Run("queue list");
  EXPECT_TRUE(plain.out.starts_with("ID")) << plain.out;
  EXPECT_NE(plain.out.find("…"), std::string::npos);
  is_terminal_ = false;
  EXPECT_NE(Run("queue list").out.find(std::string(200, 'a')), std::string::npos);
}

}  // namespace
}  // namespace cli::testing
