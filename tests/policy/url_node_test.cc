// Url::Parse against another implementation of the WHATWG URL Standard, Node's `new URL()`, over
// all URLs of a real URLhaus dump and some that were bent on purpose.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <vector>

#include "policy/url.h"
#include "tests/policy/real_data.h"
#include "tests/policy/url_differences.h"

namespace policy {
namespace {

namespace fs = std::filesystem;

// Reads lines of hexadecimal UTF-8, writes what URL makes of each; an empty line is a refusal.
constexpr std::string_view kScript = R"(
const fs = require('fs');
const lines = fs.readFileSync(process.argv[2], 'latin1').split('\n').slice(0, -1);
fs.writeSync(1, lines.map((hex) => {
  try {
    return new URL(Buffer.from(hex, 'hex').toString('utf8')).href;
  } catch {
    return '';
  }
}).join('\n') + '\n');
)";

class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = (fs::temp_directory_path() / "sekisho-url-XXXXXX").string();
    if (mkdtemp(name.data()) != nullptr) path_ = name;
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  fs::path Write(const std::string& name, std::string_view text) const {
    std::ofstream(path_ / name, std::ios::binary) << text;
    return path_ / name;
  }
  fs::path operator/(const std::string& name) const { return path_ / name; }

 private:
  fs::path path_;
};

// Runs a program without a shell, its output into `output`. Says whether it ran and succeeded.
bool RunProgram(std::vector<std::string> arguments, const fs::path& output) {
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, output.c_str(),
                                   O_WRONLY | O_CREAT | O_TRUNC, 0600);
  pid_t child = 0;
  const int error = posix_spawnp(&child, argv[0], &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) return false;
  int status = 0;
  return waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

std::vector<std::string> LinesOf(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

std::string Hex(const std::string& bytes) {
  std::ostringstream out;
  out << std::hex;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    out << static_cast<int>(byte >> 4) << static_cast<int>(byte & 0xf);
  }
  return out.str();
}

// The third quoted field of each row of URLhaus's CSV is the URL.
std::vector<std::string> UrlsOf(const std::string& csv) {
  std::vector<std::string> urls;
  for (const std::string& line : LinesOf(csv)) {
    if (!line.starts_with('"')) continue;
    std::size_t at = 0;
    for (int field = 0; field < 2 && at != std::string::npos; ++field)
      at = line.find("\",\"", at + 1);
    if (at == std::string::npos) continue;
    urls.push_back(line.substr(at + 3, line.find("\",\"", at + 3) - at - 3));
  }
  return urls;
}

std::map<std::string, int> CompareWithNode(const std::vector<std::string>& urls,
                                           const std::vector<std::string>& from_node) {
  std::map<std::string, int> counts;
  for (std::size_t i = 0; i < urls.size(); ++i) {
    const auto url = Url::Parse(urls[i]);
    const std::string reason = CompareUrl(urls[i], from_node[i], url ? url->text() : "");
    ++counts[reason];
    if (reason.starts_with("UNEXPLAINED")) {
      ADD_FAILURE() << reason << "\n  input " << urls[i] << "\n  node " << from_node[i]
                    << "\n  ours " << (url ? url->text() : url.error().detail);
    }
  }
  return counts;
}

class UrlNodeTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!RunProgram({"node", "--version"}, folder_ / "version")) {
      GTEST_SKIP() << "node is not on this machine: nothing to compare with";
    }
  }

  std::map<std::string, int> Compare(const std::vector<std::string>& urls) {
    std::string input;
    for (const std::string& url : urls) input += Hex(url) + '\n';
    const fs::path script = folder_.Write("normalise.js", kScript);
    const fs::path hex = folder_.Write("urls.hex", input);
    EXPECT_TRUE(RunProgram({"node", script, hex}, folder_ / "normalised"));
    const auto from_node = LinesOf(ReadWholeFile(folder_ / "normalised"));
    EXPECT_EQ(from_node.size(), urls.size());
    if (from_node.size() != urls.size()) return {};
    return CompareWithNode(urls, from_node);
  }

  TemporaryFolder folder_;
};

TEST_F(UrlNodeTest, AgreesOnARealUrlhausDump) {
  const fs::path dump = RealDataPath("urlhaus/csv_recent_2026-03-15.csv.zst");
  if (!fs::exists(dump)) GTEST_SKIP() << dump << " is absent: set SEKISHO_REAL_DATA";
  if (!RunProgram({"zstd", "-dc", dump}, folder_ / "dump.csv")) {
    GTEST_SKIP() << "zstd is not on this machine: the dump cannot be read";
  }
  const auto urls = UrlsOf(ReadWholeFile(folder_ / "dump.csv"));
  ASSERT_EQ(urls.size(), 19658u);
  EXPECT_EQ(Compare(urls),
            (std::map<std::string, int>{{"same", 19657}, {"escapes normalised", 1}}));
}

// Each piece of one list before each of the next: what no feed holds yet.
TEST_F(UrlNodeTest, AgreesOnUrlsBentOnPurpose) {
  const std::vector<std::string> schemes{"http://", "HTTPS:", "http:\\\\", " ht\ttp:///"};
  const std::vector<std::string> hosts{"evil.example",
                                       "EVIL.example.",
                                       "0x7f.1",
                                       "017700000001",
                                       "4294967295",
                                       "4294967296",
                                       "1.2.3.4.5",
                                       "1.2.3.08",
                                       "256.1",
                                       "[::1]",
                                       "[::FFFF:1.2.3.4]",
                                       "[1:2:3:4:5:6:7::]",
                                       "[::1%251]",
                                       "b\u00fccher.example",
                                       "fa\u00df.de",
                                       "\uff11\uff12\uff17.1",
                                       "a\u3002b",
                                       "a_b.example",
                                       "%65vil.example",
                                       "a%2fb",
                                       "a b",
                                       "u:p@evil.example",
                                       "xn--bcher-kva.example",
                                       "a..b",
                                       "",
                                       "-a-.example",
                                       "evil.example\u00ad",
                                       "\u200bevil.example"};
  const std::vector<std::string> ports{"", ":", ":80", ":443", ":0", ":00081", ":65536", ":x"};
  const std::vector<std::string> tails{"",
                                       "/",
                                       "/a/../b",
                                       "/a/%2e%2E/./b",
                                       "/..//../a",
                                       "/%41%7e%2f%zz%",
                                       "/a b\"<>`{}|'~",
                                       "\\a\\..\\b",
                                       "?",
                                       "?a=b c'\"<>`{}|#",
                                       "/\u00fc?\u00fc#\u00fc",
                                       "#x",
                                       "/[UPG]CSS.exe?hxxp=[.]",
                                       "/a;b=c,d/%2e.",
                                       "/\x7f\x01/\t\n.",
                                       "/C|/..",
                                       "//",
                                       "/%2%65",
                                       "/.%2e/%2e",
                                       "/a/..%2f..",
                                       "/a%5c..%5cb",
                                       "/a?/../b"};
  std::vector<std::string> urls;
  for (const auto& scheme : schemes) {
    for (const auto& host : hosts) {
      for (const auto& port : ports) {
        for (const auto& tail : tails) urls.push_back(scheme + host + port + tail);
      }
    }
  }
  EXPECT_EQ(Compare(urls), (std::map<std::string, int>{{"same", 15660},
                                                       {"fragment dropped", 1228},
                                                       {"trailing dot of the host dropped", 456},
                                                       {"escapes normalised", 1300},
                                                       {"userinfo is refused", 528},
                                                       {"host that DNS cannot hold", 540}}));
}

}  // namespace
}  // namespace policy
