// The real chain, whose parts speak to one another in other ways than by default.
#include "chain/testing_chain.h"

namespace unrig::chain {
namespace {

TEST_F(ChainTest, SharesSessionsBetweenTransactions) {
  scenario_.pooler_mode = scenario::PoolerMode::transaction;
  start_chain();
  for (const auto connection : {scenario::Connection::per_request, scenario::Connection::pooled}) {
    scenario_.db_connection = connection;
    expect_exact_trial();
    ASSERT_TRUE(chain_->begin_trial());
    EXPECT_EQ(chain_->sample_pooler(std::chrono::seconds(1))->servers, 0)
        << "every trial starts with an empty pool";
  }
}

TEST_F(ChainTest, AnApplicationGetsNoSessionThatAnotherHasUsedAndNobodyReset) {
  scenario_.pooler_mode = scenario::PoolerMode::transaction;
  start_chain();
  configure();
  ASSERT_TRUE(chain_->begin_trial());
  for (int each = 0; each < 2; ++each) {
    start_app();
    EXPECT_EQ(ask(1), 1);
    chain_->stop_app();
  }
  const auto counted = chain_->end_trial();
  ASSERT_TRUE(counted) << counted.error().what;
  EXPECT_GE(counted->sessions, 2U) << "each has begun its own";
}

TEST_F(ChainTest, ReachesTheApplicationAtASocketThatNobodyElseDoes) {
  scenario_.proxy_socket = scenario::ProxySocket::unix_domain;
  start_chain();
  expect_exact_trial();
  const auto at = chain_->addresses().application;
  ASSERT_TRUE(at.is_socket());
  struct stat folder {};
  ASSERT_EQ(stat(at.socket().parent_path().c_str(), &folder), 0);
  EXPECT_EQ(folder.st_mode & 0777, 0700U);
  expect_exact_trial();  // what the first one has left there hinders nobody
  scenario_.proxy_enabled = false;
  expect_exact_trial();
  EXPECT_FALSE(chain_->addresses().application.is_socket()) << "clients come to a port";
}

}  // namespace
}  // namespace unrig::chain
