#include "agent/json_object.h"

#include <gtest/gtest.h>

#include <string>

#include <nlohmann/json.hpp>

namespace agent {
namespace {

TEST(JsonObject, WritesMembersInTheirOrder) {
  std::string text = "[";
  JsonObject(text).Add("b", "x y").Add("a", std::int64_t{-3}).AddTrue("c");
  { const JsonObject empty(text); }
  EXPECT_EQ(text, R"([{"b":"x y","a":-3,"c":true}{})");
}

TEST(JsonObject, WritesEachCharacterAsTheLibraryDoes) {
  for (int c = 0; c < 256; ++c) {
    const std::string value = {'a', static_cast<char>(c), 'z'};
    std::string text;
    JsonObject(text).Add("k", value);
    const nlohmann::json same{{"k", value}};
    EXPECT_EQ(text, same.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)) << c;
  }
  std::string text;
  JsonObject(text).Add("k", "観測 \"\\");
  EXPECT_EQ(text, R"({"k":"観測 \"\\"})");
}

}  // namespace
}  // namespace agent
