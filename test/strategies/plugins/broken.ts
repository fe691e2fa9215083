throw new Error('this file cannot even be loaded');
