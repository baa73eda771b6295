#include "tests/tidy/layers.h"

#include <cstddef>

#include <gtest/gtest.h>

#include "tests/tidy/source_tree.h"

namespace tidy {
namespace {

struct Case {
  const char* path;
  const char* line;
  bool is_allowed;
};

TEST(LayersTest, FollowsTheTable) {
  const Case cases[] = {
      {"policy/evaluate.cc", "#include \"policy/domain.h\"", true},
      {"policy/evaluate.cc", "#include \"platform/clock.h\"", false},
      {"policy/evaluate.cc", "#include <vector>", true},
      {"policy/evaluate.cc", "#include <thread>", false},
      {"policy/evaluate.cc", "#include <unistd.h>", false},
      {"policy/evaluate.cc", "#include <openssl/evp.h>", false},
      {"policy/digest.cc", "#include <openssl/evp.h>", true},
      {"policy/release.h", "#include \"sekisho/v1/api.pb.h\"", false},
      {"proto/convert.cc", "#include \"sekisho/v1/api.pb.h\"", true},
      {"platform/clock.h", "#include \"policy/result.h\"", true},
      {"platform/clock.h", "#include \"policy/release.h\"", false},
      {"agent/queue/queue.cc", "#include \"agent/store/store.h\"", true},
      {"agent/queue/queue.cc", "#include \"agent/publish/stream.h\"", false},
      {"agent/store/store.h", "#include \"agent/engine.h\"", false},
      {"agent/main.cc", "#include \"agent/api/access.h\"", true},
      {"agent/main.cc", "#include \"exporters/exporter.h\"", false},
      {"exporters/rpz/rpz.cc", "#include \"exporters/exporter.h\"", true},
      {"exporters/rpz/rpz.cc", "#include \"exporters/rpz/zone.h\"", true},
      {"exporters/rpz/rpz.cc", "#include \"exporters/squid/acl.h\"", false},
      {"exporters/rpz/rpz.cc", "#include \"agent/engine.h\"", false},
      {"exporters/registry.cc", "#include \"exporters/rpz/rpz.h\"", true},
      {"cli/main.cc", "#include \"agent/engine.h\"", false},
      {"cli/main.cc", "#include <policy/result.h>", false},
      {"cli/main.cc", "#include \"curl/curl.h\"", false},
      {"cli/main.cc", "#include \"tests/tidy/layers.h\"", false},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(LayerViolations(c.path, c.line).empty(), c.is_allowed) << c.path << " " << c.line;
  }
}

TEST(LayersTest, NamesTheFileAndTheLine) {
  const auto violations = LayerViolations(
      "cli/main.cc", "// A comment.\n#include <string>\n#include \"agent/engine.h\"\n");
  ASSERT_EQ(violations.size(), 1U);
  EXPECT_TRUE(violations[0].starts_with("cli/main.cc:3: includes agent/engine.h")) << violations[0];
}

TEST(LayersTest, HoldForTheWholeTree) {
  std::size_t files = 0;
  ForEachSourceFile([&](std::string_view path, std::string_view text) {
    if (path.ends_with(".cc") || path.ends_with(".h")) {
      ++files;
      for (const std::string& violation : LayerViolations(path, text)) {
        ADD_FAILURE() << violation;
      }
    }
  });
  EXPECT_GT(files, 20U) << "the source tree was not found";
}

}  // namespace
}  // namespace tidy
