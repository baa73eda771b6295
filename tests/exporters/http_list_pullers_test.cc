// Many clients, and hostile ones, over real sockets.
#include <gtest/gtest.h>
#include <sys/epoll.h>
#include <sys/resource.h>

#include <array>
#include <charconv>
#include <map>
#include <thread>

#include "exporters/http_list/http_list_exporter.h"
#include "platform/clock.h"
#include "platform/encoding.h"
#include "platform/file_descriptor.h"
#include "policy/digest.h"
#include "tests/peers/peers.h"
#include "tests/platform/raw_client.h"
#include "tests/platform/temporary_folder.h"

namespace exporters {
namespace {

using platform::FileDescriptor;
using platform::testing::RawClient;
using policy::ListSnapshot;
using List = std::shared_ptr<const ListSnapshot>;

// Clients that keep their connections and all ask at once.
class Pullers {
 public:
  Pullers(std::uint16_t port, std::size_t count) : epoll_(epoll_create1(EPOLL_CLOEXEC)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    for (std::size_t i = 0; i < count; ++i) {
      sockets_.emplace_back(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
      const int socket = sockets_.back().get();
      if (::connect(socket, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
        sockets_.pop_back();
        return;
      }
      epoll_event event{EPOLLIN, {.u64 = i}};
      epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, socket, &event);
    }
  }

  std::size_t size() const { return sockets_.size(); }

  // How many got which status to `request`. A connection that ends, or is silent for a minute,
  // counts as 0.
  std::map<int, std::size_t> Pull(const std::string& request) {
    answers_.assign(sockets_.size(), {});
    std::map<int, std::size_t> statuses;
    for (const FileDescriptor& socket : sockets_) {
      ::send(socket.get(), request.data(), request.size(), MSG_NOSIGNAL);
    }
    std::array<epoll_event, 512> events;
    std::size_t open = sockets_.size();
    while (open > 0) {
      const int ready = epoll_wait(epoll_.get(), events.data(), events.size(), 60'000);
      if (ready <= 0) break;
      for (int i = 0; i < ready; ++i) {
        if (const auto status = Read(events[static_cast<std::size_t>(i)].data.u64)) {
          ++statuses[*status];
          --open;
        }
      }
    }
    if (open > 0) statuses[0] += open;
    return statuses;
  }

 private:
  // The status, once the answer is whole.
  std::optional<int> Read(std::size_t index) {
    std::array<char, 16384> buffer;
    const ssize_t count = ::recv(sockets_[index].get(), buffer.data(), buffer.size(), 0);
    if (count <= 0) {
      epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, sockets_[index].get(), nullptr);
      return 0;
    }
    std::string& answer = answers_[index];
    answer.append(buffer.data(), static_cast<std::size_t>(count));
    const std::size_t end = answer.find("\r\n\r\n");
    if (end == answer.npos) return std::nullopt;
    std::size_t length = 0;
    constexpr std::string_view name = "Content-Length: ";
    if (const std::size_t at = answer.find(name); at < end) {
      std::from_chars(answer.data() + at + name.size(), answer.data() + end, length);
    }
    if (answer.size() < end + 4 + length) return std::nullopt;
    return std::stoi(answer.substr(std::string_view("HTTP/1.1 ").size(), 3));
  }

  FileDescriptor epoll_;
  std::vector<FileDescriptor> sockets_;
  std::vector<std::string> answers_;
};

// As many files as this process may have open, `wanted` if that can be had.
std::size_t AllowFiles(std::size_t wanted) {
  rlimit files{wanted, wanted};
  if (::setrlimit(RLIMIT_NOFILE, &files) == 0) return wanted;  // root only, above the hard limit
  ::getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &files);
  return files.rlim_cur;
}

class HttpListPullersTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto settings =
        config::Document::Parse("{port: " + std::to_string(port_) +
                                    ", anonymous: true, lists: [{path: d.txt, kinds: [domain]}]}",
                                folder_ / "http_list.yaml");
    auto exporter = MakeHttpList(settings->root(), {"edl", folder_.path(), clock_});
    ASSERT_TRUE(exporter) << exporter.error().detail;
    exporter_ = std::move(*exporter);
    ASSERT_EQ(Publish("a"), "");
  }

  // What went wrong; nothing if the list is served.
  std::string Publish(const std::string& name) {
    std::vector<std::string> lines;
    for (int i = 0; i < 1000; ++i) {
      lines.push_back("domain " + name + std::to_string(i) + ".example");
    }
    const List list = ListSnapshot::FromLines(std::move(lines));
    const policy::Delta none;
    const auto proof = exporter_->Apply({nullptr, *list, none, ++release_});
    if (!proof) return proof.error().reason;
    std::string file;
    for (std::size_t i = 0; i < list->size(); ++i) {
      file.append(list->line(i).substr(std::string_view("domain ").size())) += '\n';
    }
    etag_ = '"' + policy::ToHex(policy::Sha256Of(file)) + '"';
    return proof->matches ? "" : proof->how;
  }

  static std::string Request(const std::string& etag) {
    return "GET /lists/d.txt HTTP/1.1\r\nHost: a\r\nIf-None-Match: " + etag + "\r\n\r\n";
  }
  std::string Exchange(const std::string& bytes) const {
    RawClient client(port_);
    client.Send(bytes);
    return client.ReadToEnd();
  }

  platform::testing::TemporaryFolder folder_;
  platform::SystemClock clock_;
  std::uint16_t port_ = peers::FreePort();
  std::unique_ptr<Exporter> exporter_;
  std::uint64_t release_ = 0;
  std::string etag_;  // of what was published last
};

TEST_F(HttpListPullersTest, O1_TenThousandOnTheMinuteAreAnsweredAndAPublishGoesThrough) {
  const std::size_t files = AllowFiles(21'000);
  const std::size_t wanted = std::min<std::size_t>(10'000, (files - 500) / 2);
  if (wanted < 5'000) GTEST_SKIP() << "may open only " << files << " files";
  Pullers pullers(port_, wanted);
  ASSERT_EQ(pullers.size(), wanted);
  const std::map<int, std::size_t> all_304{{304, wanted}};
  EXPECT_EQ(pullers.Pull(Request(etag_)), all_304);

  const std::string former = etag_;
  std::string published = "not yet";
  std::thread publisher([&] { published = Publish("b"); });
  auto meanwhile = pullers.Pull(Request(former));
  publisher.join();
  EXPECT_EQ(published, "");
  EXPECT_EQ(meanwhile[304] + meanwhile[200], wanted);

  EXPECT_EQ(pullers.Pull(Request(former)), (std::map<int, std::size_t>{{200, wanted}}));
  EXPECT_EQ(pullers.Pull(Request(etag_)), all_304);
}

TEST_F(HttpListPullersTest, N7_RefusesWhatTwoParsersCouldReadDifferently) {
  const std::string both =
      "GET /lists/d.txt HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nTransfer-Encoding: "
      "chunked\r\n\r\n0\r\n\r\nGET /lists/d.txt HTTP/1.1\r\nHost: a\r\n\r\n";
  const std::string answer = Exchange(both);
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 400 ")) << answer;
  EXPECT_EQ(answer.find("HTTP/1.1", 1), answer.npos) << "the hidden request was answered";
}

TEST_F(HttpListPullersTest, N7_RefusesHugeHeadsAndBodies) {
  const std::string get = "GET /lists/d.txt HTTP/1.1\r\nHost: a\r\n";
  EXPECT_TRUE(
      Exchange(get + "X: " + std::string(20'000, 'x') + "\r\n\r\n").starts_with("HTTP/1.1 431 "));
  std::string many = get;
  for (int i = 0; i < 200; ++i) many += "X: y\r\n";
  EXPECT_TRUE(Exchange(many + "\r\n").starts_with("HTTP/1.1 431 "));
  EXPECT_TRUE(Exchange(get + "Content-Length: 10000000\r\n\r\n").starts_with("HTTP/1.1 413 "));
}

// So there are no streams of it to reset.
TEST_F(HttpListPullersTest, N7_DoesNotSpeakHttp2) {
  const std::string preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
  const std::string answer = Exchange(preface);
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 505 ") || answer.starts_with("HTTP/1.1 400 ")) << answer;
  const std::string upgrade =
      "GET /lists/d.txt HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings, close\r\n"
      "Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n";
  EXPECT_TRUE(Exchange(upgrade).starts_with("HTTP/1.1 200 "));
}

TEST_F(HttpListPullersTest, N7_ClientsThatNeverFinishHoldUpNobody) {
  std::vector<std::unique_ptr<RawClient>> slow;
  for (int i = 0; i < 200; ++i) {
    slow.push_back(std::make_unique<RawClient>(port_));
    slow.back()->Send(i % 2 == 0 ? "GET /lists/d.txt HTT"
                                 : "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nx");
  }
  EXPECT_EQ(Publish("b"), "");
  EXPECT_EQ(Pullers(port_, 1).Pull(Request(etag_)), (std::map<int, std::size_t>{{304, 1}}));
}

}  // namespace
}  // namespace exporters
