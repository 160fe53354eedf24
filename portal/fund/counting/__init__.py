"""The engine that counts a vote on projects: greedy and the Method of Equal Shares, and Pabulib's files.

It knows nothing of the portal's rounds and needs no database: an `Election` and a `Rule` go in, a `Result` comes out.

Sources: Peters, Pierczyński, Skowron, "Proportional Participatory Budgeting with Additive Utilities" (NeurIPS 2021);
Faliszewski et al., "Participatory Budgeting: Data, Tools and Analysis" (IJCAI 2023).
"""

from portal.fund.counting.count import Result, compare, count
from portal.fund.counting.election import Election, Project
from portal.fund.counting.enough import Enough, enough
from portal.fund.counting.explain import Account, Money, accounts
from portal.fund.counting.figures import Figures, Share, figures
from portal.fund.counting.pabulib import parse
from portal.fund.counting.printing import printed
from portal.fund.counting.rule import Rule
from portal.fund.counting.stated import stated, stating
from portal.fund.counting.writing import write

__all__ = [
    "Account", "Election", "Enough", "Figures", "Money", "Project", "Result", "Rule", "Share", "accounts", "compare",
    "count", "enough", "figures", "parse", "printed", "stated", "stating", "write",
]  # fmt: skip
